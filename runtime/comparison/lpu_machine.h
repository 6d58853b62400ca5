// SPDX-License-Identifier: Apache-2.0
// The LPU in a comparison: every run really runs, under a seed that nothing in it can read.
#pragma once

#include "runtime/comparison/machine.h"
#include "runtime/devices/lpu_device.h"

namespace metronome::comparison {

class LpuMachine : public Machine {
 public:
  /// `image` must outlive the machine.
  explicit LpuMachine(const lpu::Image& image) : image_(image), device_(image) {}

  std::string name() const override { return device_.name(); }
  std::int64_t clock_hz() const override { return image_.chip.clock_hz; }
  std::int64_t context() const override { return device_.context(); }
  void begin(std::uint64_t seed) override;
  /// Errors: InvariantError if the token did not take the cycles predicted.
  TokenCost step(std::int32_t token) override;
  /// Layers, where the program takes the cycles that the image says.
  std::vector<Piece> pieces() const override;
  std::vector<TimePart> time_parts() const override;
  void add_accesses(Distribution& accesses) const override { accesses.add(reads_); }
  std::string access_text() const override;
  /// None can act.
  std::vector<CauseFact> causes() const override;
  /// Errors: always InvariantError: there is nothing to vary.
  Cycle again(std::span<const std::int32_t> ids, const Variation& variation) override;

 private:
  const lpu::Image& image_;
  runtime::LpuDevice device_;
  Distribution reads_;
};

}  // namespace metronome::comparison
