// SPDX-License-Identifier: Apache-2.0
#include "compiler/ops/head_softmax.h"

#include "hw/isa/numerics/functions.h"

namespace metronome::ops {

void head_softmax(std::span<const float> scores, const std::vector<Values>& values,
                  std::size_t first, std::span<float> out) {
  using numerics::vxm_add;
  using numerics::vxm_multiply;
  float highest = scores[0];
  for (std::size_t t = 1; t < scores.size(); ++t) highest = numerics::vxm_max(highest, scores[t]);
  float total = 0.0F;
  for (std::size_t t = 0; t < scores.size(); ++t) {
    const float e = numerics::vxm_exp(numerics::vxm_subtract(scores[t], highest));
    total = t == 0 ? e : vxm_add(total, e);
    for (std::size_t d = 0; d < out.size(); ++d) {
      const float term = vxm_multiply(e, values[t][first + d]);
      out[d] = t == 0 ? term : vxm_add(out[d], term);
    }
  }
  const float root = numerics::vxm_rsqrt(total);
  const float inverse = vxm_multiply(root, root);
  for (float& sum : out) sum = vxm_multiply(sum, inverse);
}

}  // namespace metronome::ops
