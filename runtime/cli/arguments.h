// SPDX-License-Identifier: Apache-2.0
// The words after a subcommand, parsed by its table of options. Values are kept as text and read
// where they are used, so that every complaint names the option, what was found and what is
// allowed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/cli/command.h"

namespace metronome::cli {

// What --tokens and --runs may ask for, in every command that has them.
inline constexpr std::int64_t kMostTokens = 1'000'000;
inline constexpr std::int64_t kMostRuns = 10'000;

class Arguments {
 public:
  /// Errors: UsageError.
  Arguments(const Command& command, const std::vector<std::string>& words);

  [[nodiscard]] bool has(std::string_view option) const { return texts_.contains(option); }
  [[nodiscard]] bool wants_help() const { return has("help"); }

  /// The operand; empty if it was left out.
  [[nodiscard]] const std::string& operand() const { return operand_; }

  /// The option's value, or `fallback` without it.
  [[nodiscard]] std::string text(std::string_view option, std::string_view fallback = "") const;
  /// All values of an option that may repeat.
  [[nodiscard]] std::vector<std::string> texts(std::string_view option) const;
  /// Errors: UsageError if the option is missing or empty.
  [[nodiscard]] std::string require_text(std::string_view option) const;

  /// Errors: UsageError if the value is no number from `low` to `high`.
  [[nodiscard]] std::int64_t integer(std::string_view option, std::int64_t fallback,
                                     std::int64_t low, std::int64_t high) const;
  [[nodiscard]] double real(std::string_view option, double fallback, double low,
                            double high) const;

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> texts_;  // by long name
  std::string operand_;
};

/// "output" of "output,o".
std::string long_name(const Option& option);

}  // namespace metronome::cli
