// SPDX-License-Identifier: Apache-2.0
#include "compiler/ops/int8_ops.h"
#include "hw/isa/error.h"
#include "hw/isa/numerics/functions.h"

namespace metronome::ops {
namespace {

using numerics::vxm_add;
using numerics::vxm_multiply;

/// Exact, so blocks of any length in any order give the same.
std::int32_t dot(std::span<const std::int8_t> a, std::span<const std::int8_t> b) {
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::int32_t{a[i]} * b[i];
  return sum;
}

}  // namespace

Values matmul_int8(const Int8Matrix& w, const QuantisedVector& x, std::span<const float> bias) {
  check(static_cast<std::int64_t>(x.high.size()) == w.cols, "ops", 0,
        "matmul_int8: lengths differ");
  check(w.cols <= kLongestInt8Dot, "ops", 0, "matmul_int8: longer than kLongestInt8Dot");
  Values y(static_cast<std::size_t>(w.rows));
  for (std::int64_t r = 0; r < w.rows; ++r) {
    auto sum = static_cast<float>(dot(w.row(r), x.high));
    if (!x.low.empty()) {
      sum = vxm_add(vxm_multiply(sum, kHighStep), static_cast<float>(dot(w.row(r), x.low)));
    }
    const float scaled = vxm_multiply(vxm_multiply(sum, x.scale), w.scale(r));
    const auto i = static_cast<std::size_t>(r);
    y[i] = bias.empty() ? scaled : vxm_add(scaled, bias[i]);
  }
  return y;
}

}  // namespace metronome::ops
