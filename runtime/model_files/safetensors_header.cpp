// SPDX-License-Identifier: Apache-2.0
#include "runtime/model_files/safetensors_header.h"

#include <fmt/format.h>

#include <boost/json/basic_parser_impl.hpp>
#include <set>

#include "runtime/tokenizers/refuse.h"

namespace metronome::runtime {
namespace {

namespace json = boost::json;
using Error = json::error_code;

constexpr std::size_t kMaxAxes = 8;

enum class Field : unsigned { kDtype = 1, kShape = 2, kDataOffsets = 4 };

// Depth 1 is the file, depth 2 one tensor (or the metadata), depth 3 an array of it.
class HeaderEvents {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  std::vector<SafetensorsEntry> entries;
  std::string complaint;  // why parsing stopped, "field: what"

  bool on_document_begin(Error&) { return true; }
  bool on_document_end(Error&) { return true; }

  bool on_object_begin(Error& error) {
    if (++depth_ > 2) return stop(error, "an object inside a tensor's entry");
    if (depth_ == 2) seen_ = 0;
    return true;
  }

  bool on_object_end(std::size_t, Error& error) {
    --depth_;
    if (depth_ != 1 || in_metadata_) return true;
    if (seen_ != 7) return stop(error, "dtype, shape and data_offsets wanted, one is missing");
    return true;
  }

  bool on_array_begin(Error& error) {
    if (depth_ != 2 || in_metadata_ || field_ == Field::kDtype) {
      return stop(error, "an array where none belongs");
    }
    ++depth_;
    items_ = 0;
    return true;
  }

  bool on_array_end(std::size_t, Error& error) {
    --depth_;
    if (field_ == Field::kDataOffsets && items_ != 2) {
      return stop(error, fmt::format("{} data_offsets found, 2 wanted", items_));
    }
    return true;
  }

  bool on_key_part(json::string_view part, std::size_t, Error&) {
    text_.append(part.data(), part.size());
    return true;
  }

  bool on_key(json::string_view part, std::size_t, Error& error) {
    text_.append(part.data(), part.size());
    const std::string key = std::move(text_);
    text_.clear();
    if (depth_ == 1) return begin_entry(key, error);
    if (in_metadata_) {
      if (!metadata_keys_.insert(key).second) return stop(error, "key " + key + " appears twice");
      return true;
    }
    return begin_field(key, error);
  }

  bool on_string_part(json::string_view part, std::size_t, Error&) {
    text_.append(part.data(), part.size());
    return true;
  }

  bool on_string(json::string_view part, std::size_t, Error& error) {
    text_.append(part.data(), part.size());
    const std::string text = std::move(text_);
    text_.clear();
    if (depth_ != 2) return stop(error, "a text where none belongs");
    if (in_metadata_) return true;
    if (field_ != Field::kDtype) return stop(error, "a text where an array belongs");
    entries.back().dtype = text;
    return true;
  }

  bool on_number_part(json::string_view, Error&) { return true; }
  bool on_int64(std::int64_t value, json::string_view, Error& error) {
    if (value < 0) return stop(error, fmt::format("{} found where a size belongs", value));
    return on_uint64(static_cast<std::uint64_t>(value), {}, error);
  }

  bool on_uint64(std::uint64_t value, json::string_view, Error& error) {
    if (depth_ != 3) return stop(error, "a number where none belongs");
    ++items_;
    if (field_ == Field::kShape) {
      if (items_ > kMaxAxes) return stop(error, fmt::format("more than {} axes", kMaxAxes));
      entries.back().shape.push_back(value);
    } else if (items_ <= 2) {
      entries.back().data_offsets[items_ - 1] = value;
    }
    return true;
  }

  bool on_double(double value, json::string_view, Error& error) {
    return stop(error, fmt::format("{} found where a size belongs", value));
  }
  bool on_bool(bool, Error& error) { return stop(error, "true or false where none belongs"); }
  bool on_null(Error& error) { return stop(error, "null where none belongs"); }
  bool on_comment_part(json::string_view, Error&) { return true; }
  bool on_comment(json::string_view, Error&) { return true; }

 private:
  bool begin_entry(const std::string& key, Error& error) {
    in_metadata_ = key == "__metadata__";
    if (in_metadata_) {
      if (had_metadata_) return stop(error, "the key appears twice");
      had_metadata_ = true;
      return true;
    }
    entries.emplace_back();
    entries.back().name = key;
    return true;
  }

  bool begin_field(const std::string& key, Error& error) {
    if (key == "dtype") {
      field_ = Field::kDtype;
    } else if (key == "shape") {
      field_ = Field::kShape;
    } else if (key == "data_offsets") {
      field_ = Field::kDataOffsets;
    } else {
      return stop(error, "unknown field " + printable(key));
    }
    const auto bit = static_cast<unsigned>(field_);
    if ((seen_ & bit) != 0) return stop(error, "field " + key + " appears twice");
    seen_ |= bit;
    return true;
  }

  bool stop(Error& error, const std::string& what) {
    std::string where = "header";
    if (in_metadata_) {
      where = "__metadata__";
    } else if (!entries.empty()) {
      where = printable(entries.back().name);
    }
    complaint = where + ": " + what;
    error = json::error::syntax;
    return false;
  }

  int depth_ = 0;
  bool in_metadata_ = false;
  bool had_metadata_ = false;
  std::set<std::string> metadata_keys_;
  Field field_ = Field::kDtype;
  unsigned seen_ = 0;
  std::size_t items_ = 0;
  std::string text_;
};

}  // namespace

std::vector<SafetensorsEntry> parse_safetensors_header(std::string_view text,
                                                       const std::string& source) {
  json::basic_parser<HeaderEvents> parser(json::parse_options{});
  Error error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  HeaderEvents& events = parser.handler();
  if (!events.complaint.empty()) {
    throw UserError(fmt::format("{}: {} (header byte {})", source, events.complaint, read));
  }
  if (error) {
    refuse(source, "header", fmt::format("bad JSON at byte {}: {}", read, error.message()));
  }
  const std::size_t rest = text.find_first_not_of(" \t\r\n", read);
  if (rest != std::string_view::npos) {
    refuse(source, "header", fmt::format("bad JSON at byte {}: text after the end", rest));
  }
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos ||
      text[text.find_first_not_of(" \t\r\n")] != '{') {
    refuse(source, "header", "bad JSON at byte 0: an object wanted");
  }
  return std::move(events.entries);
}

}  // namespace metronome::runtime
