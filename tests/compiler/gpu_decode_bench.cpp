// SPDX-License-Identifier: Apache-2.0
#include "tests/compiler/gpu_decode_bench.h"

#include <algorithm>
#include <cstring>

namespace metronome::gpu {

DecodeReference::DecodeReference(const graph::Model& model)
    : model_(model),
      graph_(graph::build_decode_graph(model)),
      keys_(model.layers.size()),
      values_(model.layers.size()) {}

ops::Values DecodeReference::step(std::int32_t token, std::int64_t position) {
  std::vector<ops::Values> results;
  for (const graph::OpNode& n : graph_.nodes) results.push_back(run(n, results, token, position));
  return results[static_cast<std::size_t>(graph_.logits)];
}

ops::Values DecodeReference::run(const graph::OpNode& n, const std::vector<ops::Values>& results,
                                 std::int32_t token, std::int64_t position) {
  const graph::ModelConfig& c = model_.config;
  const auto layer = static_cast<std::size_t>(std::max(n.layer, 0));
  const auto input = [&](std::size_t i) -> const ops::Values& {
    return results[static_cast<std::size_t>(n.inputs[i])];
  };
  switch (n.kind) {
    case graph::OpKind::kEmbed:
      return ops::embed(ops::to_half(*n.matrix, "test").row(token), c.embedding_scale);
    case graph::OpKind::kRmsNorm:
      return ops::rms_norm(input(0), n.vector->values, c.rms_eps, {});
    case graph::OpKind::kMatMul:
      return ops::matmul(ops::to_half(*n.matrix, "test"), input(0),
                         n.vector == nullptr ? std::span<const float>{} : n.vector->values, 320);
    case graph::OpKind::kRope:
      return ops::rope(input(0), ops::rope_row(c.rope, c.head_dim, position), n.scale);
    case graph::OpKind::kAppend:
      (n.cache == graph::CacheKind::kKeys ? keys_ : values_)[layer].push_back(input(0));
      return {};
    case graph::OpKind::kAttention:
      return ops::attention(input(0), keys_[layer], values_[layer], c.heads, c.kv_heads);
    case graph::OpKind::kGate:
      return ops::gate(c.activation, input(0), input(1));
    case graph::OpKind::kAdd:
      return ops::add(input(0), input(1));
    case graph::OpKind::kLayerNorm:
    case graph::OpKind::kAddPosition:
    case graph::OpKind::kScale:
    case graph::OpKind::kActivation:
    case graph::OpKind::kPool:
      break;  // refused by the GPU
  }
  return {};
}

DecodeRunner::DecodeRunner(GpuProgram program, std::int64_t vocab, ByteMemory& memory,
                           const Allocate& allocate, Run run)
    : program_(std::move(program)), vocab_(vocab), memory_(memory), run_(std::move(run)) {
  for (const ProgramBuffer& b : program_.buffers) places_.push_back(allocate(b));
  for (std::size_t b = 0; b < places_.size(); ++b) {
    const ProgramBuffer& buffer = program_.buffers[b];
    if (!buffer.fill) continue;
    buffer.fill({memory.bytes(places_[b], buffer.bytes), static_cast<std::size_t>(buffer.bytes)});
  }
}

std::vector<float> DecodeRunner::step(std::int32_t token, std::int64_t position) {
  const auto write = [&](std::int64_t at, std::int64_t value) {
    const auto word = static_cast<std::int32_t>(value);
    const Address mailbox = place(program_.mailbox) + static_cast<Address>(at);
    std::memcpy(memory_.bytes(mailbox, sizeof(word)), &word, sizeof(word));
  };
  write(Mailbox::kToken, token);
  write(Mailbox::kPosition, position);
  write(Mailbox::kArrivals, 0);
  run_(launches(position));
  std::vector<float> logits(static_cast<std::size_t>(vocab_));
  const auto bytes = static_cast<std::int64_t>(sizeof(float)) * vocab_;
  std::memcpy(logits.data(), memory_.bytes(place(program_.logits), bytes),
              static_cast<std::size_t>(bytes));
  return logits;
}

std::vector<Launch> DecodeRunner::launches(std::int64_t position) const {
  std::vector<Launch> result;
  for (const ProgramLaunch& l : program_.launches(position)) {
    const ProgramStep& step = program_.steps[static_cast<std::size_t>(l.step)];
    Launch launch{
        &program_.kernels[static_cast<std::size_t>(step.kernel)], step.name, l.ctas, 1, {}};
    for (const Argument& a : step.arguments) {
      launch.parameters.push_back(place(a.buffer) + static_cast<Address>(a.offset));
    }
    result.push_back(std::move(launch));
  }
  return result;
}

}  // namespace metronome::gpu
