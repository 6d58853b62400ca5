// SPDX-License-Identifier: Apache-2.0
#include "runtime/model_files/config_fields.h"

#include <fmt/format.h>

#include "runtime/tokenizers/refuse.h"

namespace metronome::runtime {

graph::Activation activation_of(const JsonFields& json, const char* key, const char* otherwise) {
  const std::string name = json.text(key).value_or(otherwise);
  if (name == "gelu") return graph::Activation::kGeluErf;
  if (name == "gelu_new" || name == "gelu_pytorch_tanh") return graph::Activation::kGeluTanh;
  if (name == "silu" || name == "swish") return graph::Activation::kSilu;
  json.refuse_field(key, fmt::format("'{}' is not supported, supported are gelu, gelu_new, "
                                     "gelu_pytorch_tanh, silu",
                                     printable(name)));
}

std::int64_t whole_heads(const JsonFields& json, const char* key,
                         const graph::ModelConfig& config) {
  if (config.heads < 1 || config.width % config.heads != 0) {
    json.refuse_field(
        key, fmt::format("{} heads do not divide the width {}", config.heads, config.width));
  }
  return config.width / config.heads;
}

}  // namespace metronome::runtime
