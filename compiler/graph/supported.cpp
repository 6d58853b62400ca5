// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/supported.h"

#include <fmt/core.h>

#include <algorithm>

#include "hw/isa/error.h"

namespace metronome::graph {
namespace {

template <typename Kind>
std::string list_of(std::span<const Kind> kinds) {
  std::string text;
  for (const Kind kind : kinds) text.append(text.empty() ? "" : ", ").append(name(kind));
  return text;
}

}  // namespace

const char* name(Activation activation) {
  switch (activation) {
    case Activation::kSilu:
      return "SiLU";
    case Activation::kGeluTanh:
      return "GELU (tanh)";
    case Activation::kGeluErf:
      return "GELU (erf)";
  }
  return "";
}

void require_supported(const Graph& graph, const SupportedOperators& supported) {
  const Activation activation = graph.model->config.activation;
  const bool activates = std::ranges::count(supported.activations, activation) > 0;
  for (const OpNode& node : graph.nodes) {
    if (std::ranges::count(supported.kinds, node.kind) == 0) {
      throw UserError(fmt::format(
          "{}: {}: operator {} is not supported on {} yet, supported are {}", graph.model->source,
          node.name(), name(node.kind), supported.machine, list_of(supported.kinds)));
    }
    const bool wants = node.kind == OpKind::kGate || node.kind == OpKind::kActivation;
    if (!wants || activates) continue;
    throw UserError(fmt::format(
        "{}: {}: activation {} is not supported on {} yet, supported are {}", graph.model->source,
        node.name(), name(activation), supported.machine, list_of(supported.activations)));
  }
}

}  // namespace metronome::graph
