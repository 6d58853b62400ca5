// SPDX-License-Identifier: Apache-2.0
#include "runtime/model_files/gguf_model.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/model_files/architecture.h"
#include "runtime/model_files/gpt2.h"
#include "runtime/model_files/tensor_reader.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::runtime {
namespace {

using graph::ModelConfig;

constexpr std::string_view kRopeDivisors = "rope_freqs.weight";

// Keys whose meaning is taken, by their part after the architecture.
constexpr std::string_view kKnownKeys[] = {"context_length",
                                           "embedding_length",
                                           "block_count",
                                           "feed_forward_length",
                                           "vocab_size",
                                           "attention.head_count",
                                           "attention.head_count_kv",
                                           "attention.key_length",
                                           "attention.value_length",
                                           "attention.layer_norm_rms_epsilon",
                                           "attention.sliding_window",
                                           "rope.freq_base",
                                           "rope.dimension_count",
                                           "rope.scale_linear",
                                           "rope.scaling.type",
                                           "rope.scaling.factor",
                                           "expert_count",
                                           "expert_used_count"};

// Keys that change the arithmetic in ways no supported family has.
constexpr std::string_view kForeignKeys[] = {"attention.scale",         "attention.max_alibi_bias",
                                             "attention.clamp_kqv",     "attn_logit_softcapping",
                                             "final_logit_softcapping", "embedding_scale",
                                             "residual_scale",          "logit_scale",
                                             "rope.scaling.attn_factor"};

class ModelReader {
 public:
  ModelReader(const GgufFile& file, std::string architecture)
      : file_(file), prefix_(std::move(architecture) + ".") {}

  [[nodiscard]] std::string key(std::string_view part) const { return prefix_ + std::string(part); }
  void sizes(ModelConfig& config) const;
  void rope(ModelConfig& config) const;
  void refuse_foreign(const ModelConfig& config) const;
  void note_unknown(std::vector<std::string>& notes) const;

 private:
  void head_size(ModelConfig& config) const;

  const GgufFile& file_;
  std::string prefix_;
};

void ModelReader::head_size(ModelConfig& config) const {
  const auto key_length = file_.integer(key("attention.key_length"));
  const auto value_length = file_.integer(key("attention.value_length"));
  if (key_length.value_or(0) != value_length.value_or(key_length.value_or(0))) {
    refuse(file_.name(), key("attention.value_length"),
           fmt::format("found {}, must equal attention.key_length {}", *value_length,
                       key_length.value_or(0)));
  }
  if (key_length) {
    config.head_dim = *key_length;
  } else if (config.heads < 1 || config.width % config.heads != 0) {
    refuse(file_.name(), key("attention.head_count"),
           fmt::format("{} heads do not divide the width {} and attention.key_length is absent",
                       config.heads, config.width));
  } else {
    config.head_dim = config.width / config.heads;
  }
}

void ModelReader::sizes(ModelConfig& config) const {
  config.width = file_.require_integer(key("embedding_length"));
  config.layers = file_.require_integer(key("block_count"));
  config.heads = file_.require_integer(key("attention.head_count"));
  config.kv_heads = file_.integer(key("attention.head_count_kv")).value_or(config.heads);
  config.ffn = file_.require_integer(key("feed_forward_length"));
  config.context = file_.require_integer(key("context_length"));
  config.rms_eps = static_cast<float>(file_.require_real(key("attention.layer_norm_rms_epsilon")));
  head_size(config);
}

void ModelReader::rope(ModelConfig& config) const {
  graph::Rope& rope = config.rope;
  rope.base = file_.require_real(key("rope.freq_base"));
  const std::int64_t rotated = file_.integer(key("rope.dimension_count")).value_or(config.head_dim);
  if (rotated != config.head_dim) {
    refuse(
        file_.name(), key("rope.dimension_count"),
        fmt::format("found {}, only the whole head of {} is supported", rotated, config.head_dim));
  }
  const std::string kind(file_.text(key("rope.scaling.type")).value_or("none"));
  if (kind == "linear") {
    rope.scaling = graph::RopeScaling::kLinear;
    rope.factor = file_.require_real(key("rope.scaling.factor"));
  } else if (kind != "none") {
    refuse(file_.name(), key("rope.scaling.type"),
           fmt::format("rope scaling '{}' is not supported, supported are none, linear and a "
                       "rope_freqs.weight tensor",
                       printable(kind)));
  } else if (const auto older = file_.real(key("rope.scale_linear"))) {
    rope.scaling = *older == 1.0 ? graph::RopeScaling::kNone : graph::RopeScaling::kLinear;
    rope.factor = *older;
  }
}

void ModelReader::refuse_foreign(const ModelConfig& config) const {
  for (const std::string_view part : kForeignKeys) {
    if (file_.find(key(part)) != nullptr) refuse(file_.name(), key(part), "not supported");
  }
  if (const auto experts = file_.integer(key("expert_count")); experts.value_or(0) != 0) {
    refuse(file_.name(), key("expert_count"),
           fmt::format("found {}, mixture of experts is not supported", *experts));
  }
  const auto window = file_.integer(key("attention.sliding_window"));
  if (window && *window != 0 && *window < config.context) {
    refuse(file_.name(), key("attention.sliding_window"),
           fmt::format("sliding windows are not supported, found {} of {} positions", *window,
                       config.context));
  }
}

void ModelReader::note_unknown(std::vector<std::string>& notes) const {
  for (const auto& entry : file_.metadata()) {
    const std::string_view name = entry.first;
    if (!name.starts_with(prefix_) || notes.size() >= 32) continue;
    if (std::ranges::count(kKnownKeys, name.substr(prefix_.size())) > 0) continue;
    notes.push_back("ignored metadata key: " + printable(name));
  }
}

// The file may state the vocabulary or leave it to the embedding; -1 means the same as silence.
std::int64_t vocabulary(const GgufFile& file, const std::string& key) {
  if (const auto stated = file.integer(key)) return *stated;
  for (const TensorInfo& tensor : file.tensors()) {
    if (tensor.name != kGgufNames.embedding || tensor.shape.size() != 2) continue;
    if (tensor.shape[0] < (1ULL << 62U)) return static_cast<std::int64_t>(tensor.shape[0]);
  }
  return -1;
}

void read_divisors(TensorTable& table, graph::Rope& rope, std::int64_t head_dim) {
  if (!table.has(kRopeDivisors)) return;
  TensorReader reader(table);
  rope.frequency_divisors = reader.vector(std::string(kRopeDivisors), head_dim / 2).values;
  for (std::size_t i = 0; i < rope.frequency_divisors.size(); ++i) {
    const float divisor = rope.frequency_divisors[i];
    if (divisor > 0.0F && divisor < 1e30F) continue;
    refuse(table.source(), kRopeDivisors,
           fmt::format("value {} found at index {}, must be positive and finite", divisor, i));
  }
}

void require_whole_file(const GgufFile& file) {
  if (const auto parts = file.integer("split.count"); parts.value_or(1) > 1) {
    refuse(file.name(), "split.count",
           fmt::format("one of {} parts, merge them into one file first", *parts));
  }
  if (file.tensors().empty()) refuse(file.name(), "tensors", "no tensors found");
}

}  // namespace

graph::Model load_gguf_model(const GgufFile& file) {
  const auto architecture = file.text("general.architecture");
  if (!architecture) {
    refuse(file.name(), "general.architecture", "metadata key missing, a string wanted");
  }
  if (*architecture == "gpt2") {
    require_whole_file(file);
    return load_gpt2(file);
  }
  const Family family = family_of(*architecture, file.name());
  require_whole_file(file);
  const ModelReader reader(file, std::string(*architecture));
  ModelConfig config;
  reader.sizes(config);
  reader.refuse_foreign(config);
  reader.rope(config);
  config.vocab = vocabulary(file, reader.key("vocab_size"));
  apply_family(family, config);
  AssemblyRules rules{.names = kGgufNames};
  rules.rotary_order =
      family == Family::kLlama ? RotaryOrder::kInterleaved : RotaryOrder::kHalfSplit;
  apply_family(family, rules);
  std::vector<std::string> notes;
  reader.note_unknown(notes);
  TensorTable table(file.tensors(), file.name());
  validate_config(config, table.size(), file.name());
  read_divisors(table, config.rope, config.head_dim);
  return assemble(std::move(config), table, rules, std::move(notes));
}

}  // namespace metronome::runtime
