// SPDX-License-Identifier: Apache-2.0
#include "compiler/ops/ops.h"
#include "hw/isa/numerics/functions.h"

namespace metronome::ops {

Values gate(graph::Activation activation, std::span<const float> gate, std::span<const float> up) {
  Values y(gate.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    y[i] = numerics::vxm_multiply(activated(activation, gate[i]), up[i]);
  }
  return y;
}

}  // namespace metronome::ops
