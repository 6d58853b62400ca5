// SPDX-License-Identifier: Apache-2.0
#include "compiler/ops/int8_ops.h"
#include "hw/isa/numerics/functions.h"

namespace metronome::ops {

QuantisedVector rms_norm_int8(std::span<const float> x, std::span<const float> weight, float eps,
                              Geometry g, Precision precision) {
  Values weighted(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    weighted[i] = numerics::vxm_multiply(x[i], weight[i]);
  }
  QuantisedVector q = quantise(weighted, precision);
  q.scale = numerics::vxm_multiply(q.scale, rms_scale(x, eps, g).front());
  return q;
}

}  // namespace metronome::ops
