// SPDX-License-Identifier: Apache-2.0
// The two ways a run may end badly: a user's mistake, and a broken invariant.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace metronome {

/// A mistake the user can mend: bad file, bad option, a model that does not fit.
/// The message reads `file: field: what, found, limit`; the command line prints it and exits 2.
/// A table may stand below it, in lines of our own making.
class UserError : public std::runtime_error {
 public:
  explicit UserError(const std::string& message, std::string table = "")
      : std::runtime_error(message), table_(std::move(table)) {}
  [[nodiscard]] const std::string& table() const { return table_; }

 private:
  std::string table_;
};

/// A broken invariant of the machine or of our own code: names the unit and the cycle. Exit 1.
class InvariantError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Stops the run, in every build type, when `condition` is false.
/// Errors: InvariantError with unit, cycle and text.
inline void check(bool condition, std::string_view unit, std::int64_t cycle,
                  std::string_view text) {
  if (condition) [[likely]]
    return;
  throw InvariantError(std::string(unit) + ": cycle " + std::to_string(cycle) + ": " +
                       std::string(text));
}

}  // namespace metronome
