// SPDX-License-Identifier: Apache-2.0
#include "runtime/tokenizers/json_reader.h"

#include <fmt/format.h>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <unordered_set>

#include "runtime/tokenizers/refuse.h"

namespace metronome::runtime {
namespace {

namespace json = boost::json;
using Error = json::error_code;

constexpr std::size_t kMaxDepth = 32;

// The library keeps the last of two equal keys, so a first pass looks for them.
class DuplicateKeys {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  [[nodiscard]] const std::optional<std::string>& duplicate() const { return duplicate_; }

  bool on_document_begin(Error&) { return true; }
  bool on_document_end(Error&) { return true; }
  bool on_object_begin(Error&) {
    seen_.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, Error&) {
    seen_.pop_back();
    return true;
  }
  bool on_array_begin(Error&) { return true; }
  bool on_array_end(std::size_t, Error&) { return true; }
  bool on_key_part(json::string_view part, std::size_t, Error&) {
    key_.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t, Error& error) {
    key_.append(part.data(), part.size());
    if (!seen_.back().insert(key_).second) {
      duplicate_ = key_;
      error = json::error::extra_data;
      return false;
    }
    key_.clear();
    return true;
  }
  bool on_string_part(json::string_view, std::size_t, Error&) { return true; }
  bool on_string(json::string_view, std::size_t, Error&) { return true; }
  bool on_number_part(json::string_view, Error&) { return true; }
  bool on_int64(std::int64_t, json::string_view, Error&) { return true; }
  bool on_uint64(std::uint64_t, json::string_view, Error&) { return true; }
  bool on_double(double, json::string_view, Error&) { return true; }
  bool on_bool(bool, Error&) { return true; }
  bool on_null(Error&) { return true; }
  bool on_comment_part(json::string_view, Error&) { return true; }
  bool on_comment(json::string_view, Error&) { return true; }

 private:
  std::vector<std::unordered_set<std::string>> seen_;  // one a nesting level
  std::string key_;
  std::optional<std::string> duplicate_;
};

void refuse_bad_text(std::string_view text, const std::string& source) {
  json::parse_options options;
  options.max_depth = kMaxDepth;
  json::basic_parser<DuplicateKeys> parser(options);
  Error error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (const auto& key = parser.handler().duplicate()) {
    refuse(source, printable(*key),
           fmt::format("the key appears twice in one object, the second before byte {}", read));
  }
  if (error) refuse(source, "JSON", fmt::format("bad JSON at byte {}: {}", read, error.message()));
  const std::size_t rest = text.find_first_not_of(" \t\r\n", read);
  if (rest != std::string_view::npos) {
    refuse(source, "JSON", fmt::format("bad JSON at byte {}: text after the end", rest));
  }
}

}  // namespace

json::value parse_json(std::string_view text, const std::string& source) {
  refuse_bad_text(text, source);
  json::parse_options options;
  options.max_depth = kMaxDepth;
  Error error;
  json::value parsed = json::parse(text, error, {}, options);
  if (error) refuse(source, "JSON", "bad JSON: " + error.message());
  return parsed;
}

std::string shown(const json::value& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array";
  return printable(json::serialize(value));
}

JsonFields::JsonFields(const json::value& value, std::string source, std::string path)
    : object_(value.if_object()), source_(std::move(source)), path_(std::move(path)) {
  if (object_ == nullptr) {
    refuse(source_, path_.empty() ? "JSON" : path_, "an object wanted, found " + shown(value));
  }
}

const json::value* JsonFields::find(std::string_view key) const {
  const json::value* value = object_->if_contains({key.data(), key.size()});
  return value == nullptr || value->is_null() ? nullptr : value;
}

void JsonFields::refuse_field(std::string_view key, std::string_view what) const {
  refuse(source_, path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key), what);
}

void JsonFields::refuse_type(std::string_view key, std::string_view wanted) const {
  const json::value* value = find(key);
  refuse_field(key, value == nullptr ? fmt::format("missing, {} wanted", wanted)
                                     : fmt::format("{} wanted, found {}", wanted, shown(*value)));
}

std::optional<std::int64_t> JsonFields::integer(std::string_view key) const {
  const json::value* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_int64()) refuse_type(key, "a whole number");
  return value->get_int64();
}

std::optional<double> JsonFields::real(std::string_view key) const {
  const json::value* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number()) refuse_type(key, "a number");
  return value->to_number<double>();
}

std::optional<bool> JsonFields::boolean(std::string_view key) const {
  const json::value* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_bool()) refuse_type(key, "true or false");
  return value->get_bool();
}

std::optional<std::string> JsonFields::text(std::string_view key) const {
  const json::value* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) refuse_type(key, "a text");
  return std::string(value->get_string());
}

std::optional<JsonFields> JsonFields::fields(std::string_view key) const {
  const json::value* value = find(key);
  if (value == nullptr) return std::nullopt;
  return JsonFields(*value, source_,
                    path_.empty() ? std::string(key) : path_ + "." + std::string(key));
}

std::int64_t JsonFields::require_integer(std::string_view key) const {
  if (!has(key)) refuse_type(key, "a whole number");
  return *integer(key);
}

double JsonFields::require_real(std::string_view key) const {
  if (!has(key)) refuse_type(key, "a number");
  return *real(key);
}

std::string JsonFields::require_text(std::string_view key) const {
  if (!has(key)) refuse_type(key, "a text");
  return *text(key);
}

std::string JsonFields::keys() const {
  std::string list;
  for (const auto& entry : *object_) {
    if (!list.empty()) list.append(", ");
    list.append(printable({entry.key().data(), entry.key().size()}, 40));
  }
  return list;
}

}  // namespace metronome::runtime
