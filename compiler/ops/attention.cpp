// SPDX-License-Identifier: Apache-2.0
#include "compiler/ops/head_softmax.h"
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
  const std::size_t dim = q.size() / static_cast<std::size_t>(heads);
  Values out(q.size());
  Values scores(keys.size());
  for (std::size_t h = 0; h < static_cast<std::size_t>(heads); ++h) {
    const std::size_t kv = h / static_cast<std::size_t>(heads / kv_heads) * dim;
    for (std::size_t t = 0; t < keys.size(); ++t) {
      scores[t] = score(q.subspan(h * dim, dim), std::span(keys[t]).subspan(kv, dim));
    }
    head_softmax(scores, values, kv, std::span(out).subspan(h * dim, dim));
  }
  return out;
}

}  // namespace metronome::ops
