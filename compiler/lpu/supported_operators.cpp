// SPDX-License-Identifier: Apache-2.0
#include "compiler/lpu/supported_operators.h"

#include "compiler/graph/supported.h"

namespace metronome::compiler {

using graph::Activation;
using graph::OpKind;

namespace {

constexpr OpKind kKinds[] = {OpKind::kEmbed,  OpKind::kRmsNorm,   OpKind::kMatMul, OpKind::kRope,
                             OpKind::kAppend, OpKind::kAttention, OpKind::kGate,   OpKind::kAdd};
constexpr Activation kActivations[] = {Activation::kSilu, Activation::kGeluTanh};

}  // namespace

void require_lowered_operators(const graph::Graph& graph) {
  graph::require_supported(graph, {"the LPU", kKinds, kActivations});
}

}  // namespace metronome::compiler
