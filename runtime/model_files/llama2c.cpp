// SPDX-License-Identifier: Apache-2.0
#include "runtime/model_files/llama2c.h"

#include <fmt/format.h>

#include <cstdlib>

#include "runtime/model_files/assemble.h"
#include "runtime/tokenizers/byte_reader.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::runtime {
namespace {

constexpr std::int32_t kVersionedMagic = 0x616b3432;  // "ak42": versions 1 and 2 start so
constexpr std::int64_t kMaxLayers = 4096;             // far above any checkpoint of this format

struct Header {
  graph::ModelConfig config;
  bool own_head;
};

Header read_header(ByteReader& in) {
  const std::int32_t width = in.i32("dim");
  if (width == kVersionedMagic) {
    refuse(in.source(), "version",
           fmt::format("a llama2.c export of version {}, only the legacy version 0 is read",
                       in.i32("version")));
  }
  Header header{};
  graph::ModelConfig& config = header.config;
  config.architecture = "llama";
  config.width = width;
  config.ffn = in.i32("hidden_dim");
  config.layers = in.i32("n_layers");
  config.heads = in.i32("n_heads");
  config.kv_heads = in.i32("n_kv_heads");
  const std::int64_t vocab = in.i32("vocab_size");
  config.context = in.i32("seq_len");
  config.vocab = std::abs(vocab);
  header.own_head = vocab < 0;
  config.rms_eps = 1e-5F;
  if (config.vocab == 0) refuse(in.source(), "vocab_size", "found 0, must not be 0");
  if (config.heads < 1 || config.width % config.heads != 0) {
    refuse(in.source(), "n_heads",
           fmt::format("{} heads do not divide the width {}", config.heads, config.width));
  }
  config.head_dim = config.width / config.heads;
  if (config.layers > kMaxLayers) {
    refuse(in.source(), "n_layers", fmt::format("found {}, limit {}", config.layers, kMaxLayers));
  }
  return header;
}

// Walks the fixed order of the file. Sizes are validated before, so products cannot overflow.
class Walk {
 public:
  Walk(ByteReader& in, SharedFile file) : in_(in), file_(std::move(file)) {}

  void tensor(const std::string& name, std::vector<std::uint64_t> shape) {
    TensorInfo info;
    info.name = name;
    info.type_name = "F32";
    info.type = ElementType::kF32;
    info.offset = in_.offset();
    info.bytes = stored_bytes(shape, 1, sizeof(float)).value_or(UINT64_MAX);
    info.shape = std::move(shape);
    info.file = file_;
    in_.bytes(info.bytes, name);
    tensors_.push_back(std::move(info));
  }

  void skip(const std::string& name, std::uint64_t values) { in_.bytes(values * 4, name); }

  std::vector<TensorInfo> take() { return std::move(tensors_); }

 private:
  ByteReader& in_;
  SharedFile file_;
  std::vector<TensorInfo> tensors_;
};

void walk_file(Walk& walk, const Header& header) {
  const graph::ModelConfig& config = header.config;
  const TensorNames& names = kLlama2cNames;
  const auto size = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
  const std::uint64_t width = size(config.width);
  const std::uint64_t ffn = size(config.ffn);
  const std::uint64_t kv_width = size(config.kv_heads * config.head_dim);
  const auto each_layer = [&](std::string_view part, const std::vector<std::uint64_t>& shape) {
    for (std::int64_t i = 0; i < config.layers; ++i) walk.tensor(names.in_layer(i, part), shape);
  };
  walk.tensor(std::string(names.embedding), {size(config.vocab), width});
  each_layer(names.attention_norm, {width});
  each_layer(names.query.weight, {width, width});
  each_layer(names.key.weight, {kv_width, width});
  each_layer(names.value.weight, {kv_width, width});
  each_layer(names.attention_output.weight, {width, width});
  each_layer(names.ffn_norm, {width});
  each_layer(names.ffn_gate.weight, {ffn, width});
  each_layer(names.ffn_down.weight, {width, ffn});
  each_layer(names.ffn_up.weight, {ffn, width});
  walk.tensor(std::string(names.final_norm), {width});
  walk.skip("freq_cis_real", size(config.context) * size(config.head_dim / 2));
  walk.skip("freq_cis_imag", size(config.context) * size(config.head_dim / 2));
  if (header.own_head) walk.tensor(std::string(names.head), {size(config.vocab), width});
}

}  // namespace

graph::Model load_llama2c(const std::filesystem::path& path) {
  const SharedFile file = map_file(path);
  ByteReader in(file->bytes(), file->name());
  const Header header = read_header(in);
  validate_config(header.config, kMaxLayers, file->name());
  Walk walk(in, file);
  walk_file(walk, header);
  std::vector<std::string> notes;
  if (in.remaining() > 0) {
    notes.push_back(fmt::format("{} bytes after the last tensor ignored", in.remaining()));
  }
  AssemblyRules rules{.names = kLlama2cNames};
  rules.head = header.own_head ? Presence::kRequired : Presence::kOptional;
  TensorTable table(walk.take(), file->name());
  return assemble(header.config, table, rules, std::move(notes));
}

}  // namespace metronome::runtime
