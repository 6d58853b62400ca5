// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <numbers>

#include "compiler/ops/ops.h"
#include "hw/isa/numerics/functions.h"

namespace metronome::ops {
namespace {

/// Llama 3.1 scaling: long wavelengths divided by the factor, short ones kept, a ramp in between.
double llama3_scaled(double frequency, const graph::Rope& rope) {
  const double wavelength = 2.0 * std::numbers::pi / frequency;
  const auto original = static_cast<double>(rope.original_context);
  if (wavelength < original / rope.high_freq_factor) return frequency;
  if (wavelength > original / rope.low_freq_factor) return frequency / rope.factor;
  const double smooth = (original / wavelength - rope.low_freq_factor) /
                        (rope.high_freq_factor - rope.low_freq_factor);
  return (1.0 - smooth) * frequency / rope.factor + smooth * frequency;
}

double frequency(const graph::Rope& rope, std::int64_t head_dim, std::size_t pair) {
  double f = std::pow(rope.base, -2.0 * static_cast<double>(pair) / static_cast<double>(head_dim));
  if (!rope.frequency_divisors.empty()) return f / rope.frequency_divisors[pair];
  switch (rope.scaling) {
    case graph::RopeScaling::kNone:
      return f;
    case graph::RopeScaling::kLinear:
      return f / rope.factor;
    case graph::RopeScaling::kLlama3:
      return llama3_scaled(f, rope);
  }
  return f;
}

}  // namespace

RopeRow rope_row(const graph::Rope& rope, std::int64_t head_dim, std::int64_t position) {
  RopeRow row;
  for (std::size_t i = 0; i < static_cast<std::size_t>(head_dim / 2); ++i) {
    const double angle = static_cast<double>(position) * frequency(rope, head_dim, i);
    row.cosine.push_back(static_cast<float>(std::cos(angle)));
    row.sine.push_back(static_cast<float>(std::sin(angle)));
  }
  return row;
}

Values rope(std::span<const float> x, const RopeRow& row, float scale) {
  using numerics::vxm_add;
  using numerics::vxm_multiply;
  Values y(x.size());
  for (std::size_t i = 0; i < x.size(); i += 2) {
    const std::size_t pair = i / 2 % row.cosine.size();
    const float c = row.cosine[pair];
    const float s = row.sine[pair];
    y[i] = vxm_add(vxm_multiply(x[i], c), vxm_multiply(x[i + 1], -s));
    y[i + 1] = vxm_add(vxm_multiply(x[i + 1], c), vxm_multiply(x[i], s));
    if (scale != 1.0F) {
      y[i] = vxm_multiply(y[i], scale);
      y[i + 1] = vxm_multiply(y[i + 1], scale);
    }
  }
  return y;
}

}  // namespace metronome::ops
