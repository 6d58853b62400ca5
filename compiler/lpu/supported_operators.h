// SPDX-License-Identifier: Apache-2.0
// The operators that the LPU's compiler lowers.
#pragma once

#include "compiler/graph/graph.h"

namespace metronome::compiler {

/// Errors: UserError naming the node and operator, or the activation, that is not lowered yet.
void require_lowered_operators(const graph::Graph& graph);

}  // namespace metronome::compiler
