// SPDX-License-Identifier: Apache-2.0
// Which operators a machine's compiler takes: what is not in the list is refused by name.
#pragma once

#include <span>

#include "compiler/graph/graph.h"

namespace metronome::graph {

struct SupportedOperators {
  const char* machine = "";  // "the LPU", for messages
  std::span<const OpKind> kinds;
  std::span<const Activation> activations;
};

/// "SiLU", "GELU (tanh)", "GELU (erf)".
const char* name(Activation activation);

/// Errors: UserError naming the first node whose operator or activation the machine lacks, and
/// those that it has.
void require_supported(const Graph& graph, const SupportedOperators& supported);

}  // namespace metronome::graph
