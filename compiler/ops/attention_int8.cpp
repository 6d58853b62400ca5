// SPDX-License-Identifier: Apache-2.0
#include "compiler/ops/head_softmax.h"
#include "compiler/ops/int8_ops.h"
#include "hw/isa/numerics/exact_dot.h"
#include "hw/isa/numerics/functions.h"
#include "hw/isa/numerics/half.h"

namespace metronome::ops {

Values half_rounded(std::span<const float> x) {
  Values rounded(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    rounded[i] = numerics::half_to_float(numerics::float_to_half_saturating(x[i]));
  }
  return rounded;
}

Values attention_int8(std::span<const float> q, const std::vector<Values>& keys,
                      const std::vector<Values>& values, std::int64_t heads,
                      std::int64_t kv_heads) {
  const std::size_t dim = q.size() / static_cast<std::size_t>(heads);
  const std::vector<std::uint16_t> ones(dim, 0x3C00);
  std::vector<std::uint16_t> products(dim);
  Values scores(keys.size());
  Values out(q.size());
  for (std::size_t h = 0; h < static_cast<std::size_t>(heads); ++h) {
    const std::size_t kv = h / static_cast<std::size_t>(heads / kv_heads) * dim;
    for (std::size_t t = 0; t < keys.size(); ++t) {
      for (std::size_t d = 0; d < dim; ++d) {
        products[d] = numerics::float_to_half_saturating(
            numerics::vxm_multiply(keys[t][kv + d], q[h * dim + d]));
      }
      scores[t] = numerics::exact_dot_f16(products, ones);
    }
    head_softmax(scores, values, kv, std::span(out).subspan(h * dim, dim));
  }
  return out;
}

}  // namespace metronome::ops
