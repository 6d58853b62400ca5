// SPDX-License-Identifier: Apache-2.0
#include "compiler/ops/int8_ops.h"
#include "hw/isa/error.h"
#include "hw/isa/numerics/functions.h"
#include "hw/isa/numerics/integer.h"

namespace metronome::ops {
namespace {

using numerics::float_to_int8_saturating;
using numerics::vxm_multiply;
using numerics::vxm_subtract;

float magnitude(std::span<const float> x) {
  float m = kLeastActivation;
  for (const float v : x) {
    m = numerics::vxm_max(m, numerics::vxm_max(v, numerics::vxm_negate(v)));
  }
  return m;
}

QuantisedVector one_part(std::span<const float> x, float m, float inverse) {
  QuantisedVector q{std::vector<std::int8_t>(x.size()), {}, vxm_multiply(m, 1.0F / kSteps8)};
  const float factor = vxm_multiply(inverse, kSteps8);
  for (std::size_t i = 0; i < x.size(); ++i) {
    q.high[i] = float_to_int8_saturating(vxm_multiply(x[i], factor));
  }
  return q;
}

QuantisedVector two_parts(std::span<const float> x, float m, float inverse) {
  QuantisedVector q{std::vector<std::int8_t>(x.size()), std::vector<std::int8_t>(x.size()),
                    vxm_multiply(m, 1.0F / kSteps16)};
  const float factor = vxm_multiply(inverse, kSteps16);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float z = vxm_multiply(x[i], factor);
    q.high[i] = float_to_int8_saturating(vxm_multiply(z, 1.0F / kHighStep));
    // The rest is at most 128, and 128 itself saturates to 127.
    const float rest = vxm_subtract(z, vxm_multiply(static_cast<float>(q.high[i]), kHighStep));
    q.low[i] = float_to_int8_saturating(rest);
  }
  return q;
}

}  // namespace

QuantisedVector quantise(std::span<const float> x, Precision precision) {
  const float m = magnitude(x);
  const float root = numerics::vxm_rsqrt(m);
  const float inverse = vxm_multiply(root, root);
  switch (precision) {
    case Precision::kInt8:
      return one_part(x, m, inverse);
    case Precision::kW8A16:
      return two_parts(x, m, inverse);
    case Precision::kFp16:
      break;
  }
  throw InvariantError("quantise: fp16 activations have no integers");
}

}  // namespace metronome::ops
