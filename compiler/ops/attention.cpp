// SPDX-License-Identifier: Apache-2.0
#include "compiler/ops/ops.h"
#include "hw/isa/numerics/exact_dot.h"
#include "hw/isa/numerics/functions.h"

namespace metronome::ops {
namespace {

/// q . k of one head: the products in fp32, split, each half summed exactly.
float score(std::span<const float> q, std::span<const float> k) {
  Values products(q.size());
  for (std::size_t d = 0; d < q.size(); ++d) products[d] = numerics::vxm_multiply(k[d], q[d]);
  const SplitHalf parts = split(products);
  const std::vector<std::uint16_t> ones(q.size(), 0x3C00);
  return numerics::vxm_add(numerics::exact_dot_f16(parts.high, ones),
                           numerics::exact_dot_f16(parts.low, ones));
}

}  // namespace

Values attention(std::span<const float> q, const std::vector<Values>& keys,
                 const std::vector<Values>& values, std::int64_t heads, std::int64_t kv_heads) {
  using numerics::vxm_add;
  using numerics::vxm_multiply;
  const std::size_t dim = q.size() / static_cast<std::size_t>(heads);
  const std::size_t positions = keys.size();
  Values out(q.size());
  for (std::size_t h = 0; h < static_cast<std::size_t>(heads); ++h) {
    const std::size_t kv = h / static_cast<std::size_t>(heads / kv_heads) * dim;
    Values scores(positions);
    for (std::size_t t = 0; t < positions; ++t) {
      scores[t] = score(q.subspan(h * dim, dim), std::span(keys[t]).subspan(kv, dim));
    }
    float highest = scores[0];
    for (std::size_t t = 1; t < positions; ++t) highest = numerics::vxm_max(highest, scores[t]);
    float total = 0.0F;
    Values sum(dim);
    for (std::size_t t = 0; t < positions; ++t) {
      const float e = numerics::vxm_exp(numerics::vxm_subtract(scores[t], highest));
      total = t == 0 ? e : vxm_add(total, e);
      for (std::size_t d = 0; d < dim; ++d) {
        const float term = vxm_multiply(e, values[t][kv + d]);
        sum[d] = t == 0 ? term : vxm_add(sum[d], term);
      }
    }
    const float root = numerics::vxm_rsqrt(total);
    const float inverse = vxm_multiply(root, root);
    for (std::size_t d = 0; d < dim; ++d) out[h * dim + d] = vxm_multiply(sum[d], inverse);
  }
  return out;
}

}  // namespace metronome::ops
