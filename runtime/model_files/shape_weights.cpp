// SPDX-License-Identifier: Apache-2.0
#include "runtime/model_files/shape_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace metronome::runtime {
namespace {

constexpr float kLargestHalf = 65504.0F;
constexpr double kNormDeviation = 0.1;
constexpr double kBiasDeviation = 0.02;

/// Source: the output function of splitmix64, Steele, Lea and Flood 2014.
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31U);
}

std::uint64_t start_of(std::uint64_t seed, const std::string& name) {
  std::uint64_t hash = mixed(seed);
  for (const char letter : name) hash = mixed(hash ^ static_cast<unsigned char>(letter));
  return hash;
}

/// Of four draws from 0 to 65535: their sum less its mean, exact in fp32.
float centred_sum(std::uint64_t bits) {
  const std::uint64_t sum =
      (bits & 0xFFFFU) + (bits >> 16U & 0xFFFFU) + (bits >> 32U & 0xFFFFU) + (bits >> 48U);
  return static_cast<float>(static_cast<std::int64_t>(sum) - 2 * 0xFFFF);
}

/// What gives centred_sum a deviation; its own is 65536 sqrt(4 / 12), nearly.
float unit_of(double deviation) {
  return static_cast<float>(deviation / (65536.0 * std::sqrt(4.0 / 12.0)));
}

}  // namespace

graph::Matrix ShapeWeights::matrix(const std::string& name, std::int64_t rows, std::int64_t cols,
                                   double gain) const {
  if (kind_ != Kind::kRandom) {
    const float value = kind_ == Kind::kZero ? 0.0F : kLargestHalf;
    return {name, rows, cols,
            [value](std::int64_t, std::span<float> out) { std::ranges::fill(out, value); }};
  }
  const float unit = unit_of(gain / std::sqrt(static_cast<double>(cols)));
  return {name, rows, cols,
          [unit, start = start_of(seed_, name)](std::int64_t row, std::span<float> out) {
            std::uint64_t at = start + static_cast<std::uint64_t>(row) * out.size();
            for (float& value : out) value = centred_sum(mixed(at++)) * unit;
          }};
}

graph::Vector ShapeWeights::vector(const std::string& name, std::int64_t size, float centre,
                                   double deviation) const {
  graph::Vector v{name, std::vector<float>(static_cast<std::size_t>(size))};
  const float unit = kind_ == Kind::kRandom ? unit_of(deviation) : 0.0F;
  if (kind_ == Kind::kZero) centre = 0.0F;
  std::uint64_t at = start_of(seed_, name);
  for (float& value : v.values) value = centre + centred_sum(mixed(at++)) * unit;
  return v;
}

graph::Vector ShapeWeights::norm(const std::string& name, std::int64_t size) const {
  return vector(name, size, 1.0F, kNormDeviation);
}

graph::Vector ShapeWeights::bias(const std::string& name, std::int64_t size) const {
  return vector(name, size, 0.0F, kBiasDeviation);
}

std::string ShapeWeights::note() const {
  switch (kind_) {
    case Kind::kRandom:
      return fmt::format("nobody trained these weights: random, ?weights=seed:{} makes the same",
                         seed_);
    case Kind::kZero:
      return "nobody trained these weights: every parameter is 0";
    case Kind::kLargest:
      return "nobody trained these weights: every matrix is 65504, the largest fp16";
  }
  return "";
}

}  // namespace metronome::runtime
