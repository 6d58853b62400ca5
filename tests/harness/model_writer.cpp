// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/model_writer.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <random>
#include <stdexcept>

#include "tests/harness/byte_sink.h"

namespace metronome::harness {
namespace {

template <typename Tensors>
auto& find_by_name(Tensors& tensors, std::string_view name) {
  for (auto& tensor : tensors) {
    if (tensor.name == name) return tensor;
  }
  throw std::runtime_error("model_writer: no tensor " + std::string(name));
}

std::string layer_name(std::int64_t layer, std::string_view part) {
  return "blk." + std::to_string(layer) + "." + std::string(part);
}

void replace(std::string& text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  if (at != std::string::npos) text.replace(at, from.size(), to);
}

std::string huggingface_name(std::string name) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 13> kPairs = {{
      {"token_embd", "model.embed_tokens"},
      {"output_norm", "model.norm"},
      {"attn_output", "self_attn.o_proj"},
      {"attn_norm", "input_layernorm"},
      {"attn_q", "self_attn.q_proj"},
      {"attn_k", "self_attn.k_proj"},
      {"attn_v", "self_attn.v_proj"},
      {"ffn_norm", "post_attention_layernorm"},
      {"ffn_gate", "mlp.gate_proj"},
      {"ffn_up", "mlp.up_proj"},
      {"ffn_down", "mlp.down_proj"},
      {"blk.", "model.layers."},
      {"output.weight", "lm_head.weight"},
  }};
  for (const auto& [from, to] : kPairs) replace(name, from, to);
  return name;
}

// Interleaved rows to half-split rows, head by head; a bias is a matrix of one column.
std::vector<float> to_half_split(const TinyTensor& tensor, std::int64_t head_dim) {
  const std::int64_t rows = tensor.shape[0];
  const std::int64_t cols = tensor.shape.size() == 2 ? tensor.shape[1] : 1;
  std::vector<float> moved(tensor.values.size());
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::int64_t in_head = row % head_dim;
    const std::int64_t to = row - in_head + (in_head % 2) * (head_dim / 2) + in_head / 2;
    std::copy_n(tensor.values.begin() + row * cols, cols, moved.begin() + to * cols);
  }
  return moved;
}

bool is_rotary(const std::string& name) {
  return name.find("attn_q.") != std::string::npos || name.find("attn_k.") != std::string::npos;
}

}  // namespace

const TinyTensor& TinyModel::tensor(std::string_view name) const {
  return find_by_name(tensors, name);
}

TinyModel make_tiny_model(const TinySpec& spec) {
  TinyModel model{spec, {}};
  std::mt19937_64 random(spec.seed);
  const auto add = [&](const std::string& name, std::vector<std::int64_t> shape, float centre) {
    std::int64_t count = 1;
    for (const std::int64_t size : shape) count *= size;
    TinyTensor tensor{name, std::move(shape), {}};
    for (std::int64_t i = 0; i < count; ++i) {
      // 24 random bits to [-1/8, 1/8): exact in fp32, so equal on every host.
      const auto bits = static_cast<std::int64_t>(random() >> 40U) - (1 << 23);
      tensor.values.push_back(centre + static_cast<float>(bits) * 0x1p-26F);
    }
    model.tensors.push_back(std::move(tensor));
  };
  const std::int64_t query = spec.heads * spec.head_dim;
  const std::int64_t key = spec.kv_heads * spec.head_dim;
  add("token_embd.weight", {spec.vocab, spec.width}, 0.0F);
  for (std::int64_t i = 0; i < spec.layers; ++i) {
    add(layer_name(i, "attn_norm.weight"), {spec.width}, 1.0F);
    add(layer_name(i, "attn_q.weight"), {query, spec.width}, 0.0F);
    add(layer_name(i, "attn_k.weight"), {key, spec.width}, 0.0F);
    add(layer_name(i, "attn_v.weight"), {key, spec.width}, 0.0F);
    add(layer_name(i, "attn_output.weight"), {spec.width, query}, 0.0F);
    add(layer_name(i, "ffn_norm.weight"), {spec.width}, 1.0F);
    add(layer_name(i, "ffn_gate.weight"), {spec.ffn, spec.width}, 0.0F);
    add(layer_name(i, "ffn_up.weight"), {spec.ffn, spec.width}, 0.0F);
    add(layer_name(i, "ffn_down.weight"), {spec.width, spec.ffn}, 0.0F);
    if (!spec.query_key_value_bias) continue;
    add(layer_name(i, "attn_q.bias"), {query}, 0.0F);
    add(layer_name(i, "attn_k.bias"), {key}, 0.0F);
    add(layer_name(i, "attn_v.bias"), {key}, 0.0F);
  }
  add("output_norm.weight", {spec.width}, 1.0F);
  if (!spec.tied) add("output.weight", {spec.vocab, spec.width}, 0.0F);
  return model;
}

SafetensorsBuilder::Tensor& SafetensorsBuilder::tensor(std::string_view name) {
  return find_by_name(tensors, name);
}

Bytes SafetensorsBuilder::bytes() const {
  std::string text = "{";
  std::size_t offset = 0;
  for (const Tensor& tensor : tensors) {
    std::string shape;
    for (const std::int64_t size : tensor.shape) {
      shape += (shape.empty() ? "" : ",") + std::to_string(size);
    }
    const std::size_t end = offset + tensor.data.size();
    text += (text.size() > 1 ? ",\"" : "\"") + tensor.name + R"(":{"dtype":")" + tensor.dtype +
            R"(","shape":[)" + shape + R"(],"data_offsets":[)" + std::to_string(offset) + "," +
            std::to_string(end) + "]}";
    offset = end;
  }
  text += "}";
  if (!header.empty()) text = header;
  Bytes out;
  put_text(out, text);
  for (const Tensor& tensor : tensors) append(out, tensor.data);
  return out;
}

GgufBuilder tiny_gguf(const TinyModel& model) {
  const TinySpec& spec = model.spec;
  const auto narrow = [](std::int64_t value) { return static_cast<std::uint32_t>(value); };
  const std::string prefix = spec.architecture + ".";
  GgufBuilder file;
  file.text("general.architecture", spec.architecture);
  file.u32(prefix + "context_length", narrow(spec.context));
  file.u32(prefix + "embedding_length", narrow(spec.width));
  file.u32(prefix + "block_count", narrow(spec.layers));
  file.u32(prefix + "feed_forward_length", narrow(spec.ffn));
  file.u32(prefix + "attention.head_count", narrow(spec.heads));
  file.u32(prefix + "attention.head_count_kv", narrow(spec.kv_heads));
  file.u32(prefix + "attention.key_length", narrow(spec.head_dim));
  file.u32(prefix + "attention.value_length", narrow(spec.head_dim));
  file.f32(prefix + "attention.layer_norm_rms_epsilon", 1e-5F);
  file.f32(prefix + "rope.freq_base", 10000.0F);
  const bool half_split = spec.architecture != "llama";
  for (const TinyTensor& tensor : model.tensors) {
    const bool moved = half_split && is_rotary(tensor.name);
    file.f32_tensor(tensor.name, tensor.shape,
                    moved ? to_half_split(tensor, spec.head_dim) : tensor.values);
  }
  return file;
}

SafetensorsBuilder tiny_safetensors(const TinyModel& model) {
  SafetensorsBuilder file;
  const bool gemma = model.spec.architecture == "gemma";
  for (const TinyTensor& tensor : model.tensors) {
    std::vector<float> values =
        is_rotary(tensor.name) ? to_half_split(tensor, model.spec.head_dim) : tensor.values;
    if (gemma && tensor.name.find("_norm.") != std::string::npos) {
      for (float& value : values) value -= 1.0F;
    }
    file.tensors.push_back({huggingface_name(tensor.name), "F32", tensor.shape, f32_bytes(values)});
  }
  return file;
}

boost::json::object tiny_config(const TinyModel& model) {
  const TinySpec& spec = model.spec;
  return {{"model_type", spec.architecture},
          {"hidden_act", spec.architecture == "gemma" ? "gelu_pytorch_tanh" : "silu"},
          {"hidden_size", spec.width},
          {"intermediate_size", spec.ffn},
          {"num_hidden_layers", spec.layers},
          {"num_attention_heads", spec.heads},
          {"num_key_value_heads", spec.kv_heads},
          {"head_dim", spec.head_dim},
          {"max_position_embeddings", spec.context},
          {"rms_norm_eps", 1e-5},
          {"rope_theta", 10000.0},
          {"tie_word_embeddings", spec.tied},
          {"vocab_size", spec.vocab}};
}

Bytes tiny_llama2c(const TinyModel& model) {
  const TinySpec& spec = model.spec;
  Bytes out;
  for (const std::int64_t value : {spec.width, spec.ffn, spec.layers, spec.heads, spec.kv_heads,
                                   spec.tied ? spec.vocab : -spec.vocab, spec.context}) {
    put(out, static_cast<std::uint64_t>(value), 4);
  }
  append(out, f32_bytes(model.tensor("token_embd.weight").values));
  for (const char* part :
       {"attn_norm.weight", "attn_q.weight", "attn_k.weight", "attn_v.weight", "attn_output.weight",
        "ffn_norm.weight", "ffn_gate.weight", "ffn_down.weight", "ffn_up.weight"}) {
    for (std::int64_t i = 0; i < spec.layers; ++i) {
      append(out, f32_bytes(model.tensor(layer_name(i, part)).values));
    }
  }
  append(out, f32_bytes(model.tensor("output_norm.weight").values));
  out.resize(out.size() + static_cast<std::size_t>(spec.context * spec.head_dim) * 4);  // freq_cis
  if (!spec.tied) append(out, f32_bytes(model.tensor("output.weight").values));
  return out;
}

Bytes f32_bytes(const std::vector<float>& values) {
  Bytes out;
  out.reserve(values.size() * 4);
  for (const float value : values) put_float(out, value);
  return out;
}

Bytes bf16_bytes(const std::vector<float>& values) {
  Bytes out;
  for (const float value : values) put(out, std::bit_cast<std::uint32_t>(value) >> 16U, 2);
  return out;
}

TempFolder::TempFolder() {
  static std::atomic<int> next = 0;
  path_ = std::filesystem::temp_directory_path() /
          ("metronome_test_" + std::to_string(getpid()) + "_" + std::to_string(next++));
  std::filesystem::create_directories(path_);
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path TempFolder::write(const std::string& name, const Bytes& bytes) const {
  return write(name, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

std::filesystem::path TempFolder::write(const std::string& name, std::string_view text) const {
  std::ofstream file(path_ / name, std::ios::binary | std::ios::trunc);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file) throw std::runtime_error("model_writer: cannot write " + name);
  return path_ / name;
}

void TempFolder::write_huggingface(const boost::json::object& config,
                                   const SafetensorsBuilder& weights) const {
  write("config.json", std::string_view(boost::json::serialize(config)));
  write("model.safetensors", weights.bytes());
}

}  // namespace metronome::harness
