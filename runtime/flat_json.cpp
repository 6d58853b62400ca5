// SPDX-License-Identifier: Apache-2.0
#include "runtime/flat_json.h"

#include <fmt/format.h>

#include <boost/json/basic_parser_impl.hpp>
#include <set>

#include "runtime/model_files/mapped_file.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::runtime {
namespace {

namespace json = boost::json;
using Error = json::error_code;

constexpr std::size_t kLargestFile = 1 << 20;

// The parser is given a line at a time, so that each event knows its line.
class FlatEvents {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  std::string kind;
  std::vector<FlatField> fields;
  std::string complaint;  // why parsing stopped
  int line = 0;

  bool on_document_begin(Error&) { return true; }
  bool on_document_end(Error&) { return true; }
  bool on_object_begin(Error& error) { return depth_++ == 0 || wrong("an object", error); }
  bool on_object_end(std::size_t, Error&) { return true; }
  bool on_array_begin(Error& error) { return wrong("a list", error); }
  bool on_array_end(std::size_t, Error&) { return true; }

  bool on_key_part(json::string_view part, std::size_t, Error&) {
    text_.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t, Error&) {
    text_.append(part.data(), part.size());
    fields.push_back({std::move(text_), line, std::nullopt, std::nullopt});
    text_.clear();
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, Error&) {
    text_.append(part.data(), part.size());
    return true;
  }
  bool on_string(json::string_view part, std::size_t, Error& error) {
    if (fields.empty()) return wrong("a text", error);
    text_.append(part.data(), part.size());
    fields.back().text = std::move(text_);
    text_.clear();
    return true;
  }
  bool on_number_part(json::string_view, Error&) { return true; }
  bool on_int64(std::int64_t value, json::string_view, Error& error) {
    if (fields.empty()) return wrong("a number", error);
    fields.back().number = value;
    return true;
  }
  bool on_uint64(std::uint64_t value, json::string_view, Error& error) {
    return wrong(fmt::format("{}", value), error);
  }
  bool on_double(double value, json::string_view, Error& error) {
    return wrong(fmt::format("{}", value), error);
  }
  bool on_bool(bool value, Error& error) { return wrong(value ? "true" : "false", error); }
  bool on_null(Error& error) { return wrong("null", error); }
  bool on_comment_part(json::string_view, Error&) { return true; }
  bool on_comment(json::string_view, Error&) { return true; }

 private:
  bool wrong(const std::string& found, Error& error) {
    complaint = fields.empty() ? fmt::format("{}: found {}, expected an object", kind, found)
                               : fmt::format("{}: found {}, expected a whole number or a name",
                                             printable(fields.back().name), found);
    error = json::error::syntax;
    return false;
  }

  int depth_ = 0;
  std::string text_;
};

std::vector<FlatField> read_fields(std::string_view text, const std::string& source,
                                   std::string_view kind) {
  json::parse_options options;
  options.allow_comments = true;
  options.allow_trailing_commas = true;
  json::basic_parser<FlatEvents> parser(options);
  FlatEvents& events = parser.handler();
  events.kind = kind;
  while (!text.empty()) {
    ++events.line;
    const std::size_t length = std::min(text.find('\n'), text.size() - 1) + 1;
    Error error;
    const std::size_t read = parser.write_some(length < text.size(), text.data(), length, error);
    if (error || read < length) {
      const std::string what =
          !events.complaint.empty()
              ? events.complaint
              : fmt::format("not JSON: {}", error ? error.message() : "text after the object");
      throw UserError(fmt::format("{}:{}: {}", source, events.line, what));
    }
    text.remove_prefix(length);
  }
  return std::move(events.fields);
}

}  // namespace

const FlatField* FlatFile::find(std::string_view name) const {
  for (const FlatField& field : fields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

void FlatFile::refuse(const FlatField& field, const std::string& what) const {
  throw UserError(fmt::format("{}:{}: {}: {}", source, field.line, printable(field.name), what));
}

const std::string& FlatFile::text(const FlatField& field) const {
  if (!field.text) {
    refuse(field, fmt::format("found {}, expected a name in quotes", *field.number));
  }
  return *field.text;
}

std::int64_t FlatFile::number(const FlatField& field) const {
  if (!field.number) {
    refuse(field, fmt::format("found \"{}\", expected a whole number", printable(*field.text)));
  }
  return *field.number;
}

const std::string& FlatFile::machine_name(const FlatField& field) const {
  const std::string& name = text(field);
  if (name.empty() || name.size() > 64 || printable(name) != name) {
    refuse(field, "must have 1 to 64 printable characters");
  }
  return name;
}

std::string FlatFile::with_line(const std::string& message) const {
  for (const FlatField& field : fields) {
    const std::string start = source + ": " + field.name;
    if (!message.starts_with(start + ":") && !message.starts_with(start + " ")) continue;
    return fmt::format("{}:{}{}", source, field.line, message.substr(source.size()));
  }
  return message;
}

FlatFile read_flat_file(const std::filesystem::path& path, std::string_view kind) {
  const SharedFile file = map_file(path);
  FlatFile result;
  result.source = file->name();
  if (file->text().empty()) runtime::refuse(result.source, kind, "the file is empty");
  if (file->text().size() > kLargestFile) {
    runtime::refuse(result.source, kind,
                    fmt::format("{} bytes found, a {} file has at most {}", file->text().size(),
                                kind, kLargestFile));
  }
  result.fields = read_fields(file->text(), result.source, kind);
  std::set<std::string> seen;
  for (const FlatField& field : result.fields) {
    if (!seen.insert(field.name).second) result.refuse(field, "appears twice");
  }
  return result;
}

}  // namespace metronome::runtime
