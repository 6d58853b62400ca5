// SPDX-License-Identifier: Apache-2.0
// JSON from files that nobody vouches for, and typed access to its fields.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace metronome::runtime {

/// Parses strict JSON. Errors: UserError naming `source` on bad JSON (with the byte), nesting
/// above 32 levels, or a key that appears twice in one object.
boost::json::value parse_json(std::string_view text, const std::string& source);

/// An object and where it stands, so that every message can say file and field.
/// A null field counts as absent. The parsed value must outlive it.
class JsonFields {
 public:
  /// Errors: UserError if `value` is no object. `path` is empty at the top.
  JsonFields(const boost::json::value& value, std::string source, std::string path = "");

  [[nodiscard]] bool has(std::string_view key) const { return find(key) != nullptr; }
  [[nodiscard]] const boost::json::value* find(std::string_view key) const;
  [[nodiscard]] const boost::json::object& object() const { return *object_; }
  [[nodiscard]] const std::string& source() const { return source_; }

  /// Errors of all: UserError if the field is there but of another type.
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key) const;
  [[nodiscard]] std::optional<double> real(std::string_view key) const;
  [[nodiscard]] std::optional<bool> boolean(std::string_view key) const;
  [[nodiscard]] std::optional<std::string> text(std::string_view key) const;
  [[nodiscard]] std::optional<JsonFields> fields(std::string_view key) const;

  /// As above; also an error if absent.
  [[nodiscard]] std::int64_t require_integer(std::string_view key) const;
  [[nodiscard]] double require_real(std::string_view key) const;
  [[nodiscard]] std::string require_text(std::string_view key) const;

  /// The keys, comma separated, for messages.
  [[nodiscard]] std::string keys() const;

  /// Throws UserError: `source: path.key: what`.
  [[noreturn]] void refuse_field(std::string_view key, std::string_view what) const;

 private:
  [[noreturn]] void refuse_type(std::string_view key, std::string_view wanted) const;

  const boost::json::object* object_;
  std::string source_;
  std::string path_;
};

/// A value of a message: its JSON text, cut to a line.
std::string shown(const boost::json::value& value);

}  // namespace metronome::runtime
