// SPDX-License-Identifier: Apache-2.0
// Typed access to GGUF metadata.
#include <fmt/format.h>

#include <limits>

#include "runtime/model_files/gguf.h"
#include "runtime/model_files/gguf_types.h"
#include "runtime/tokenizers/byte_reader.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::runtime {
namespace {

[[noreturn]] void refuse_type(const std::string& source, std::string_view key,
                              std::string_view wanted, const GgufValue& found) {
  const std::string type = found.type == GgufType::kArray
                               ? fmt::format("array of {}", gguf_type_name(found.element))
                               : gguf_type_name(found.type);
  refuse(source, printable(key), fmt::format("{} wanted, found {}", wanted, type));
}

bool is_integer(GgufType type) {
  return gguf_width(type) > 0 && type != GgufType::kF32 && type != GgufType::kF64 &&
         type != GgufType::kBool;
}

}  // namespace

const GgufValue* GgufFile::find(std::string_view key) const {
  const auto found = metadata_.find(key);
  return found == metadata_.end() ? nullptr : &found->second;
}

std::optional<std::int64_t> GgufFile::integer(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!is_integer(value->type)) refuse_type(name(), key, "a whole number", *value);
  if (value->type == GgufType::kU64 && value->whole > std::numeric_limits<std::int64_t>::max()) {
    refuse(
        name(), printable(key),
        fmt::format("found {}, limit {}", value->whole, std::numeric_limits<std::int64_t>::max()));
  }
  return static_cast<std::int64_t>(value->whole);
}

std::optional<double> GgufFile::real(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->type != GgufType::kF32 && value->type != GgufType::kF64) {
    refuse_type(name(), key, "a floating-point number", *value);
  }
  return value->real;
}

std::optional<bool> GgufFile::boolean(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->type != GgufType::kBool) refuse_type(name(), key, "a bool", *value);
  return value->whole != 0;
}

std::optional<std::string_view> GgufFile::text(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->type != GgufType::kString) refuse_type(name(), key, "a string", *value);
  return value->text;
}

std::optional<std::vector<std::string>> GgufFile::texts(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->type != GgufType::kArray || value->element != GgufType::kString) {
    refuse_type(name(), key, "an array of strings", *value);
  }
  std::vector<std::string> texts;
  ByteReader in(value->data, name());
  for (std::uint64_t i = 0; i < value->count; ++i) texts.emplace_back(in.text(in.u64(key), key));
  return texts;
}

std::optional<std::vector<float>> GgufFile::reals(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->type != GgufType::kArray || value->element != GgufType::kF32) {
    refuse_type(name(), key, "an array of f32", *value);
  }
  std::vector<float> reals;
  ByteReader in(value->data, name());
  for (std::uint64_t i = 0; i < value->count; ++i) reals.push_back(in.f32(key));
  return reals;
}

std::optional<std::vector<std::int32_t>> GgufFile::integers(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  const bool four_bytes = value->element == GgufType::kI32 || value->element == GgufType::kU32;
  if (value->type != GgufType::kArray || !four_bytes) {
    refuse_type(name(), key, "an array of i32", *value);
  }
  std::vector<std::int32_t> integers;
  ByteReader in(value->data, name());
  for (std::uint64_t i = 0; i < value->count; ++i) integers.push_back(in.i32(key));
  return integers;
}

std::int64_t GgufFile::require_integer(std::string_view key) const {
  const auto value = integer(key);
  if (!value) refuse(name(), key, "metadata key missing, a whole number wanted");
  return *value;
}

double GgufFile::require_real(std::string_view key) const {
  const auto value = real(key);
  if (!value) refuse(name(), key, "metadata key missing, a floating-point number wanted");
  return *value;
}

}  // namespace metronome::runtime
