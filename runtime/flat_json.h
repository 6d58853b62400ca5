// SPDX-License-Identifier: Apache-2.0
// A machine of one's own, as a file: one JSON object of numbers and texts, comments allowed, in
// which every field knows its line, so that every complaint does too.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace metronome::runtime {

struct FlatField {
  std::string name;
  int line = 0;
  std::optional<std::int64_t> number;  // either this
  std::optional<std::string> text;     // or that
};

struct FlatFile {
  std::string source;
  std::vector<FlatField> fields;  // in the file's order, each name once

  /// Null if the file does not set it.
  const FlatField* find(std::string_view name) const;
  /// Errors: always UserError `file:line: field: what`.
  [[noreturn]] void refuse(const FlatField& field, const std::string& what) const;
  /// Errors: UserError if the field is none.
  const std::string& text(const FlatField& field) const;
  std::int64_t number(const FlatField& field) const;
  /// A machine's name: errors: UserError unless it has 1 to 64 printable characters.
  const std::string& machine_name(const FlatField& field) const;
  /// `message`, a complaint about this file that names a field, with the field's line.
  std::string with_line(const std::string& message) const;
};

/// `kind`: what the file describes, "chip", for messages.
/// Errors: UserError for a file that is no such object, or names a field twice.
FlatFile read_flat_file(const std::filesystem::path& path, std::string_view kind);

}  // namespace metronome::runtime
