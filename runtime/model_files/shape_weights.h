// SPDX-License-Identifier: Apache-2.0
// The parameters of models that nobody trained, by name.
#pragma once

#include <cstdint>
#include <string>

#include "compiler/graph/model.h"

namespace metronome::runtime {

class ShapeWeights {
 public:
  enum class Kind : std::uint8_t { kRandom, kZero, kLargest };

  ShapeWeights(Kind kind, std::uint64_t seed) : kind_(kind), seed_(seed) {}

  /// Deviation `gain` / sqrt(cols) where random. The same name, seed and place give the same value.
  [[nodiscard]] graph::Matrix matrix(const std::string& name, std::int64_t rows, std::int64_t cols,
                                     double gain = 1.0) const;
  [[nodiscard]] graph::Vector norm(const std::string& name, std::int64_t size) const;
  [[nodiscard]] graph::Vector bias(const std::string& name, std::int64_t size) const;
  /// How the weights are made, and the words that make the same.
  [[nodiscard]] std::string note() const;

 private:
  [[nodiscard]] graph::Vector vector(const std::string& name, std::int64_t size, float centre,
                                     double deviation) const;

  Kind kind_;
  std::uint64_t seed_;
};

}  // namespace metronome::runtime
