// SPDX-License-Identifier: Apache-2.0
#include "runtime/model_files/architecture.h"

#include <fmt/format.h>

#include <cmath>

#include "runtime/tokenizers/refuse.h"

namespace metronome::runtime {

Family family_of(std::string_view architecture, const std::string& source) {
  if (architecture == "llama" || architecture == "mistral") return Family::kLlama;
  if (architecture == "qwen2") return Family::kQwen2;
  if (architecture == "gemma") return Family::kGemma;
  refuse(source, "architecture",
         fmt::format("'{}' is not supported, supported are {}", printable(architecture),
                     kSupportedArchitectures));
}

void apply_family(Family family, graph::ModelConfig& config) {
  switch (family) {
    case Family::kLlama:
      config.architecture = "llama";
      return;
    case Family::kQwen2:
      config.architecture = "qwen2";
      return;
    case Family::kGemma:
      config.architecture = "gemma";
      config.activation = graph::Activation::kGeluTanh;
      config.embedding_scale = std::sqrt(static_cast<float>(config.width));
      return;
  }
}

void apply_family(Family family, AssemblyRules& rules) {
  switch (family) {
    case Family::kLlama:
      return;
    case Family::kQwen2:
      rules.query_key_value_bias = Presence::kRequired;
      return;
    case Family::kGemma:
      rules.head = Presence::kAbsent;
      return;
  }
}

}  // namespace metronome::runtime
