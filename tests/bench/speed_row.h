// SPDX-License-Identifier: Apache-2.0
// One line of the speed table: work done, the time that it took, and something to hold beside it
// that ran in the same process.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace metronome::bench {

struct Measure {
  double amount = 0.0;  // of work
  double seconds = 0.0;

  double rate() const { return amount / seconds; }
};

struct Beside {
  std::string what;
  Measure measure;  // in the row's unit
};

struct SpeedRow {
  std::string name;
  std::string unit;  // of the work: "multiply-accumulates", "tokens"
  Measure measure;
  std::optional<Beside> beside;
  std::string note;

  /// The row's rate over that of what is beside it.
  std::optional<double> ratio() const {
    if (!beside) return std::nullopt;
    return measure.rate() / beside->measure.rate();
  }
};

std::string to_json(const SpeedRow& row);
/// Errors: std::runtime_error if the text is no row.
SpeedRow row_from_json(const std::string& text);

/// Rows under each other, rates with SI prefixes.
std::string table(const std::vector<SpeedRow>& rows);
std::string to_json(const std::vector<SpeedRow>& rows);

}  // namespace metronome::bench
