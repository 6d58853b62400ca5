// SPDX-License-Identifier: Apache-2.0
// A strict VCD reader of the tests' own: what it takes, any viewer takes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace metronome::waveforms::testing {

struct VcdVariable {
  std::string kind;
  int width = 0;
  std::string path;
};

struct VcdFile {
  std::map<std::string, VcdVariable> variables;  // by identifier code
  std::vector<std::string> comments;
  std::map<std::string, int> variables_in_scope;
  /// By path: time stamp and value as written, the first is the initial one.
  std::map<std::string, std::vector<std::pair<std::int64_t, std::string>>> changes;
  std::int64_t first_time = -1;
  std::int64_t last_time = -1;

  /// The value at `time`; empty if the variable is not there or has none yet.
  std::string at(const std::string& path, std::int64_t time) const;
  std::uint64_t number_at(const std::string& path, std::int64_t time) const;
  bool has(const std::string& path) const { return changes.count(path) != 0; }
};

/// Errors: std::runtime_error with the line number, for anything that a strict reader may refuse:
/// unknown keywords and kinds, names that need escaping or come twice, codes not declared, values
/// of the wrong width or kind, time that does not increase, changes that change nothing.
VcdFile parse_vcd(std::string_view text);

std::string read_text(const std::filesystem::path& path);

}  // namespace metronome::waveforms::testing
