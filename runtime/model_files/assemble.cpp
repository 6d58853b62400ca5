// SPDX-License-Identifier: Apache-2.0
#include "runtime/model_files/assemble.h"

#include <fmt/format.h>

#include "hw/isa/error.h"
#include "runtime/model_files/tensor_reader.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::runtime {
namespace {

using graph::Matrix;
using graph::ModelConfig;
using graph::Vector;

// Row 2i+j of a head holds what the half-split order has at row i + j * head_dim/2.
std::int64_t half_split_row(std::int64_t row, std::int64_t head_dim) {
  const std::int64_t in_head = row % head_dim;
  return row - in_head + in_head / 2 + in_head % 2 * (head_dim / 2);
}

class Assembler {
 public:
  Assembler(ModelConfig config, TensorTable& table, const AssemblyRules& rules,
            std::vector<std::string> notes)
      : rules_(rules), reader_(table) {
    model_.source = table.source();
    model_.config = std::move(config);
    model_.notes = std::move(notes);
  }

  graph::Model run();

 private:
  void read_vocabulary();
  void read_head();
  graph::Layer read_layer(std::int64_t index);
  std::optional<Vector> bias(const std::string& name, std::int64_t size, Presence presence);
  Vector norm(const std::string& name);

  /// Q or K: rows in interleaved order whatever the file's.
  Matrix rotary(const std::string& name, std::int64_t heads);
  std::optional<Vector> rotary_bias(const std::string& name, std::int64_t heads);

  AssemblyRules rules_;
  TensorReader reader_;
  graph::Model model_;
};

Matrix Assembler::rotary(const std::string& name, std::int64_t heads) {
  Matrix matrix = reader_.matrix(name, heads * model_.config.head_dim, model_.config.width);
  if (rules_.rotary_order == RotaryOrder::kInterleaved || !matrix.read_row) return matrix;
  matrix.read_row = [read = std::move(matrix.read_row), head_dim = model_.config.head_dim](
                        std::int64_t row, std::span<float> out) {
    read(half_split_row(row, head_dim), out);
  };
  return matrix;
}

std::optional<Vector> Assembler::rotary_bias(const std::string& name, std::int64_t heads) {
  auto stored = bias(name, heads * model_.config.head_dim, rules_.query_key_value_bias);
  if (rules_.rotary_order == RotaryOrder::kInterleaved) return stored;
  if (!stored || stored->values.empty()) return stored;
  Vector ordered{stored->name, std::vector<float>(stored->values.size())};
  for (std::size_t row = 0; row < ordered.values.size(); ++row) {
    const std::int64_t from =
        half_split_row(static_cast<std::int64_t>(row), model_.config.head_dim);
    ordered.values[row] = stored->values[static_cast<std::size_t>(from)];
  }
  return ordered;
}

std::optional<Vector> Assembler::bias(const std::string& name, std::int64_t size,
                                      Presence presence) {
  switch (presence) {
    case Presence::kRequired:
      return reader_.vector(name, size);
    case Presence::kOptional:
      if (!reader_.has(name)) return std::nullopt;
      return reader_.vector(name, size);
    case Presence::kAbsent:
      if (!reader_.has(name)) return std::nullopt;
      refuse(model_.source, name, "the configuration says there is no such bias, the file has it");
  }
  return std::nullopt;
}

Vector Assembler::norm(const std::string& name) {
  Vector weight = reader_.vector(name, model_.config.width);
  for (float& value : weight.values) value += rules_.norm_offset;
  return weight;
}

void Assembler::read_vocabulary() {
  ModelConfig& config = model_.config;
  const std::string name(rules_.names.embedding);
  if (config.vocab < 0) {
    config.vocab = reader_.rows(name).value_or(1);
    model_.notes.push_back(fmt::format(
        "vocabulary size -1 in the file: {} taken from the rows of {}", config.vocab, name));
  }
  model_.embedding = reader_.matrix(name, config.vocab, config.width);
}

void Assembler::read_head() {
  const std::string name(rules_.names.head);
  const bool present = reader_.has(name);
  model_.config.tied_head =
      rules_.head == Presence::kAbsent || (rules_.head == Presence::kOptional && !present);
  if (!model_.config.tied_head) {
    model_.head = reader_.matrix(name, model_.config.vocab, model_.config.width);
  } else if (present) {
    model_.notes.push_back(fmt::format("{}: the head is tied to the embedding", name));
  }
}

graph::Layer Assembler::read_layer(std::int64_t index) {
  const ModelConfig& config = model_.config;
  const TensorNames& names = rules_.names;
  const auto full = [&](std::string_view part) { return names.in_layer(index, part); };
  const std::int64_t query_rows = config.heads * config.head_dim;
  const std::int64_t value_rows = config.kv_heads * config.head_dim;
  graph::Layer layer;
  layer.attention_norm = norm(full(names.attention_norm));
  layer.query = rotary(full(names.query.weight), config.heads);
  layer.key = rotary(full(names.key.weight), config.kv_heads);
  layer.value = reader_.matrix(full(names.value.weight), value_rows, config.width);
  layer.attention_output =
      reader_.matrix(full(names.attention_output.weight), config.width, query_rows);
  layer.ffn_norm = norm(full(names.ffn_norm));
  layer.ffn_gate = reader_.matrix(full(names.ffn_gate.weight), config.ffn, config.width);
  layer.ffn_up = reader_.matrix(full(names.ffn_up.weight), config.ffn, config.width);
  layer.ffn_down = reader_.matrix(full(names.ffn_down.weight), config.width, config.ffn);
  if (names.query.bias.empty()) return layer;
  layer.query_bias = rotary_bias(full(names.query.bias), config.heads);
  layer.key_bias = rotary_bias(full(names.key.bias), config.kv_heads);
  layer.value_bias = bias(full(names.value.bias), value_rows, rules_.query_key_value_bias);
  layer.output_bias = bias(full(names.attention_output.bias), config.width, rules_.output_bias);
  layer.gate_bias = bias(full(names.ffn_gate.bias), config.ffn, rules_.ffn_bias);
  layer.up_bias = bias(full(names.ffn_up.bias), config.ffn, rules_.ffn_bias);
  layer.down_bias = bias(full(names.ffn_down.bias), config.width, rules_.ffn_bias);
  return layer;
}

graph::Model Assembler::run() {
  read_vocabulary();
  for (std::int64_t i = 0; i < model_.config.layers; ++i) model_.layers.push_back(read_layer(i));
  model_.final_norm = norm(std::string(rules_.names.final_norm));
  read_head();
  reader_.refuse_missing();
  for (std::string& note : reader_.unused_notes()) model_.notes.push_back(std::move(note));
  return std::move(model_);
}

void require_range(const std::string& source, std::string_view field, std::int64_t value,
                   std::int64_t limit) {
  if (value >= 1 && value <= limit) return;
  refuse(source, field, fmt::format("found {}, must be 1 to {}", value, limit));
}

void require_positive(const std::string& source, std::string_view field, double value) {
  if (value > 0.0 && value <= 1e30) return;  // false for NaN
  refuse(source, field, fmt::format("found {}, must be positive and finite", value));
}

void validate_rope(const graph::Rope& rope, const std::string& source) {
  require_positive(source, "rope base", rope.base);
  if (rope.scaling == graph::RopeScaling::kNone) return;
  require_positive(source, "rope scaling factor", rope.factor);
  if (rope.scaling == graph::RopeScaling::kLinear) return;
  require_positive(source, "rope low_freq_factor", rope.low_freq_factor);
  require_positive(source, "rope high_freq_factor", rope.high_freq_factor);
  require_range(source, "rope original context", rope.original_context, 1 << 30);
  if (rope.high_freq_factor <= rope.low_freq_factor) {
    refuse(source, "rope high_freq_factor",
           fmt::format("found {}, must be above low_freq_factor {}", rope.high_freq_factor,
                       rope.low_freq_factor));
  }
}

}  // namespace

void validate_config(const ModelConfig& config, std::size_t tensors, const std::string& source) {
  constexpr std::int64_t kMaxSize = 1 << 24;  // keeps every product of two sizes far below 2^63
  require_range(source, "width", config.width, kMaxSize);
  require_range(source, "heads", config.heads, kMaxSize);
  require_range(source, "kv heads", config.kv_heads, kMaxSize);
  require_range(source, "head size", config.head_dim, kMaxSize);
  require_range(source, "ffn width", config.ffn, kMaxSize);
  require_range(source, "context", config.context, 1 << 30);
  if (config.vocab != -1) require_range(source, "vocabulary", config.vocab, kMaxSize);
  if (config.layers < 1 || config.layers > static_cast<std::int64_t>(tensors)) {
    refuse(source, "layers",
           fmt::format("found {}, must be 1 to {}, the number of tensors in the file",
                       config.layers, tensors));
  }
  if (config.heads % config.kv_heads != 0) {
    refuse(source, "heads",
           fmt::format("{} query heads are not a multiple of {} kv heads", config.heads,
                       config.kv_heads));
  }
  if (config.position == graph::PositionKind::kRotary && config.head_dim % 2 != 0) {
    refuse(source, "head size",
           fmt::format("found {}, must be even for rotary pairs", config.head_dim));
  }
  require_positive(source, "norm epsilon", config.rms_eps);
  validate_rope(config.rope, source);
}

graph::Model assemble(ModelConfig config, TensorTable& table, const AssemblyRules& rules,
                      std::vector<std::string> notes) {
  validate_config(config, table.size(), table.source());
  return Assembler(std::move(config), table, rules, std::move(notes)).run();
}

}  // namespace metronome::runtime
