// SPDX-License-Identifier: Apache-2.0
// A sweep: one model compiled for every combination of chip and compiler parameters, each schedule
// proved, its cycles beside its bound.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "compiler/graph/model.h"
#include "compiler/lpu/compile.h"

namespace metronome::cli {

/// What is varied, and its values as they were written.
struct SweepAxis {
  std::string name;
  std::vector<std::string> values;
};

/// `NAME=VALUE,VALUE,...` of --vary.
/// Errors: UsageError naming the parameter there is, the nearest name, or a value that is none.
SweepAxis parse_axis(const std::string& text);

/// What a sweep starts from; each axis changes one thing.
struct SweepSetting {
  lpu::ChipSpec chip;
  compiler::CompileOptions options;
};

/// Errors: UserError, as of a chip's or a model's own check.
void set_parameter(SweepSetting& setting, const std::string& name, const std::string& value);

/// What became of one combination. Either there is a schedule or a reason why not.
struct SweepPoint {
  std::vector<std::string> values;  // [axis]
  std::string program;
  lpu::Cycle cycles = 0;
  lpu::Cycle bound = 0;
  std::string binds;
  std::int64_t clock_hz = 0;
  std::string reason;  // empty if it was scheduled

  double ratio() const { return static_cast<double>(cycles) / static_cast<double>(bound); }
};

/// Depends on nothing but its arguments: points may be measured side by side.
SweepPoint measure_point(const graph::Model& model, const SweepSetting& start,
                         const std::vector<SweepAxis>& axes,
                         const std::vector<std::string>& values);

/// All combinations, the last axis changing fastest.
std::vector<std::vector<std::string>> combinations(const std::vector<SweepAxis>& axes);

/// The same bytes whenever it runs. A reason stands in quotes.
std::string sweep_csv(const std::vector<SweepAxis>& axes, const std::vector<SweepPoint>& points);

/// Cycles over the first axis, a line for each combination of the others, its bound dashed: a
/// picture that needs nothing else.
std::string sweep_svg(const std::string& title, const std::vector<SweepAxis>& axes,
                      const std::vector<SweepPoint>& points);

}  // namespace metronome::cli
