// SPDX-License-Identifier: Apache-2.0
// Layers of known models on a GPU preset, weights synthetic: what a token's kernels take there and
// what their emulation takes here.
// Usage: metronome_gpu_layers SHAPE PRESET [graph|persistent]; one shape a process.
#include <fmt/core.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <systemc>

#include "runtime/devices/gpu_device.h"

namespace {

using namespace metronome;

constexpr std::int64_t kContext = 64;
constexpr int kTokens = 3;

struct Shape {
  const char* name;
  std::int64_t width, layers, heads, kv_heads, head_dim, ffn, vocab;
};
constexpr Shape kShapes[] = {
    {"llama3-8b-layer", 4096, 1, 32, 8, 128, 14336, 1024},
    {"llama2-7b-layer", 4096, 1, 32, 32, 128, 11008, 32000},
    {"llama1b-two-layers", 2048, 2, 32, 8, 64, 8192, 1024},
    {"llama1b-one-layer", 2048, 1, 32, 8, 64, 8192, 1024},
    {"gemv-4096x4096", 4096, 1, 1, 1, 8, 8, 4096},
    {"gemv-28672x8192", 8192, 1, 1, 1, 8, 14336, 8},
};

graph::Matrix matrix(const char* name, std::int64_t rows, std::int64_t cols) {
  return {name, rows, cols, [](std::int64_t row, std::span<float> out) {
            for (std::size_t c = 0; c < out.size(); ++c) {
              const auto mixed = (static_cast<std::uint64_t>(row) * 7919 + c * 104729) % 2048;
              out[c] = (static_cast<float>(mixed) - 1024.0F) / 65536.0F;
            }
          }};
}

graph::Vector ones(const char* name, std::int64_t size) {
  return {name, std::vector<float>(static_cast<std::size_t>(size), 1.0F)};
}

graph::Model model_of(const Shape& s) {
  graph::Model model;
  model.source = s.name;
  graph::ModelConfig& c = model.config;
  c.architecture = "llama";
  c.width = s.width;
  c.layers = s.layers;
  c.heads = s.heads;
  c.kv_heads = s.kv_heads;
  c.head_dim = s.head_dim;
  c.ffn = s.ffn;
  c.vocab = s.vocab;
  c.context = kContext;
  c.rms_eps = 1e-5F;
  c.tied_head = true;
  model.embedding = matrix("embedding", s.vocab, s.width);
  model.final_norm = ones("final", s.width);
  for (std::int64_t l = 0; l < s.layers; ++l) {
    graph::Layer& layer = model.layers.emplace_back();
    layer.attention_norm = ones("norm", s.width);
    layer.ffn_norm = ones("norm", s.width);
    layer.query = matrix("q", s.heads * s.head_dim, s.width);
    layer.key = matrix("k", s.kv_heads * s.head_dim, s.width);
    layer.value = matrix("v", s.kv_heads * s.head_dim, s.width);
    layer.attention_output = matrix("o", s.width, s.heads * s.head_dim);
    layer.ffn_gate = matrix("gate", s.ffn, s.width);
    layer.ffn_up = matrix("up", s.ffn, s.width);
    layer.ffn_down = matrix("down", s.width, s.ffn);
  }
  return model;
}

void report(const runtime::GpuDevice& device, const gpu::GpuSpec& spec) {
  for (const gpu::LaunchTiming& launch : device.launches()) {
    fmt::print("  {:<22} {:>6} CTAs  gap {:7.2f} us  busy {:8.2f} us\n", launch.name, launch.ctas,
               spec.seconds(launch.gap_cycles()) * 1e6, spec.seconds(launch.busy_cycles()) * 1e6);
  }
}

int run(const Shape& shape, const gpu::GpuSpec& spec, gpu::LaunchMode mode) {
  using Clock = std::chrono::steady_clock;
  const graph::Model model = model_of(shape);
  runtime::GpuDevice device(model, spec, mode, kContext);
  for (int t = 0; t < kTokens; ++t) {
    const auto before = device.instructions_issued();
    const auto begin = Clock::now();
    const auto result = device.step(t);
    const double host = std::chrono::duration<double>(Clock::now() - begin).count();
    const auto issued = static_cast<double>(device.instructions_issued() - before);
    fmt::print("token {}: {:.2f} us on {}; host {:.2f} s, {:.0f} k warp instructions/s\n", t,
               spec.seconds(result.simulated_cycles) * 1e6, spec.name, host, issued / host / 1e3);
    report(device, spec);
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print("peak resident memory {} MiB\n", usage.ru_maxrss / 1024);
  return 0;
}

}  // namespace

int sc_main(int argc, char** argv) {
  for (const Shape& shape : kShapes) {
    if (argc < 3 || std::strcmp(argv[1], shape.name) != 0) continue;
    const bool persistent = argc > 3 && std::strcmp(argv[3], "persistent") == 0;
    return run(shape, gpu::gpu_preset(argv[2]),
               persistent ? gpu::LaunchMode::kPersistent : gpu::LaunchMode::kGraph);
  }
  fmt::print(stderr, "usage: {} SHAPE PRESET [graph|persistent]; shapes:", argv[0]);
  for (const Shape& shape : kShapes) fmt::print(stderr, " {}", shape.name);
  fmt::print(stderr, "\n");
  return 2;
}
