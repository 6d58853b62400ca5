// SPDX-License-Identifier: Apache-2.0
#include "runtime/chip_file.h"

#include <fmt/format.h>

#include <boost/json/basic_parser_impl.hpp>
#include <optional>
#include <set>

#include "hw/isa/lpu/image_fields.h"
#include "runtime/model_files/mapped_file.h"
#include "runtime/nearest_name.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::runtime {
namespace {

namespace json = boost::json;
using Error = json::error_code;

constexpr std::size_t kLargestFile = 1 << 20;

struct ChipField {
  std::string name;
  int line = 0;
  std::optional<std::int64_t> number;
  std::optional<std::string> text;
};

// One flat object of numbers and texts. The parser is given a line at a time, so that each event
// knows its line.
class ChipEvents {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  std::vector<ChipField> fields;
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
    complaint = fields.empty() ? fmt::format("chip: found {}, expected an object", found)
                               : fmt::format("{}: found {}, expected a whole number or a name",
                                             printable(fields.back().name), found);
    error = json::error::syntax;
    return false;
  }

  int depth_ = 0;
  std::string text_;
};

std::vector<ChipField> read_fields(std::string_view text, const std::string& source) {
  json::parse_options options;
  options.allow_comments = true;
  options.allow_trailing_commas = true;
  json::basic_parser<ChipEvents> parser(options);
  ChipEvents& events = parser.handler();
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

[[noreturn]] void refuse_line(const std::string& source, const ChipField& field,
                              const std::string& what) {
  throw UserError(fmt::format("{}:{}: {}: {}", source, field.line, printable(field.name), what));
}

const std::string& require_text(const std::string& source, const ChipField& field) {
  if (!field.text)
    refuse_line(source, field, fmt::format("found {}, expected a name in quotes", *field.number));
  return *field.text;
}

std::int64_t require_number(const std::string& source, const ChipField& field, std::int64_t limit) {
  if (!field.number) {
    refuse_line(source, field,
                fmt::format("found \"{}\", expected a whole number", printable(*field.text)));
  }
  if (*field.number < 0 || *field.number > limit) {
    refuse_line(source, field, fmt::format("found {}, allowed 0 to {}", *field.number, limit));
  }
  return *field.number;
}

std::vector<std::string> field_names() {
  std::vector<std::string> names = {"base", "name", "clock_hz"};
  lpu::ChipSpec spec;
  lpu::chip_fields(spec, [&](const char* name, int&) { names.emplace_back(name); });
  return names;
}

lpu::ChipSpec base_of(const std::string& source, const std::vector<ChipField>& fields) {
  for (const ChipField& field : fields) {
    if (field.name != "base") continue;
    const std::string& name = require_text(source, field);
    lpu::ChipSpec spec = chip_preset(name);
    if (spec.name.empty()) {
      refuse_line(
          source, field,
          fmt::format("found \"{}\", expected one of {}", printable(name), chip_preset_names()));
    }
    return spec;
  }
  refuse(source, "base", "missing, expected one of " + chip_preset_names());
}

void set_field(lpu::ChipSpec& spec, const std::string& source, const ChipField& field) {
  if (field.name == "base") return;
  if (field.name == "name") {
    spec.name = require_text(source, field);
    const std::string_view name = spec.name;
    if (name.empty() || name.size() > 64 || printable(name) != name) {
      refuse_line(source, field, "must have 1 to 64 printable characters");
    }
    return;
  }
  if (field.name == "clock_hz") {
    spec.clock_hz = require_number(source, field, lpu::kLargestNumber);
    return;
  }
  bool known = false;
  lpu::chip_fields(spec, [&](const char* name, int& value) {
    if (field.name != name) return;
    known = true;
    value = static_cast<int>(require_number(source, field, lpu::kLargestChipNumber));
  });
  if (!known) {
    refuse_line(source, field, "unknown field" + suggestion(field.name, field_names()));
  }
}

/// The line of the field that `message` complains about, if the file sets it.
std::string with_line(const std::string& source, const std::string& message,
                      const std::vector<ChipField>& fields) {
  for (const ChipField& field : fields) {
    const std::string start = source + ": " + field.name;
    if (!message.starts_with(start + ":") && !message.starts_with(start + " ")) continue;
    return fmt::format("{}:{}{}", source, field.line, message.substr(source.size()));
  }
  return message;
}

}  // namespace

lpu::ChipSpec chip_preset(std::string_view name) {
  for (lpu::ChipSpec& spec : lpu::chip_presets()) {
    if (spec.name == name) return spec;
  }
  return {};
}

std::string chip_preset_names() {
  std::string names;
  for (const lpu::ChipSpec& spec : lpu::chip_presets()) {
    names += (names.empty() ? "" : ", ") + spec.name;
  }
  return names;
}

lpu::ChipSpec load_chip(const std::filesystem::path& path) {
  const SharedFile file = map_file(path);
  const std::string& source = file->name();
  if (file->text().empty()) refuse(source, "chip", "the file is empty");
  if (file->text().size() > kLargestFile) {
    refuse(source, "chip",
           fmt::format("{} bytes found, a chip file has at most {}", file->text().size(),
                       kLargestFile));
  }
  const std::vector<ChipField> fields = read_fields(file->text(), source);
  lpu::ChipSpec spec = base_of(source, fields);
  spec.name = path.stem().string();
  std::set<std::string> seen;
  for (const ChipField& field : fields) {
    if (!seen.insert(field.name).second) refuse_line(source, field, "appears twice");
    set_field(spec, source, field);
  }
  try {
    lpu::validate(spec, source);
  } catch (const UserError& error) {
    throw UserError(with_line(source, error.what(), fields));
  }
  return spec;
}

}  // namespace metronome::runtime
