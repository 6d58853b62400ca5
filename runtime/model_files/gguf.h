// SPDX-License-Identifier: Apache-2.0
// The GGUF container, versions 2 and 3: typed metadata and a tensor directory over raw data.
// Nothing is copied but names; every offset is proven to lie in the file before it is followed.
// Limits: 65536 keys, 65536 tensors, 64-byte tensor names, 4 axes, alignment at most 1 MiB.
// Source: docs/gguf.md of the ggml project.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/model_files/tensor_table.h"

namespace metronome::runtime {

enum class GgufType : std::uint32_t {
  kU8 = 0,
  kI8 = 1,
  kU16 = 2,
  kI16 = 3,
  kU32 = 4,
  kI32 = 5,
  kF32 = 6,
  kBool = 7,
  kString = 8,
  kArray = 9,
  kU64 = 10,
  kI64 = 11,
  kF64 = 12,
};

/// A metadata value; which members count depends on `type`.
struct GgufValue {
  GgufType type = GgufType::kU8;
  std::uint64_t whole = 0;             // integers (two's complement) and bool
  double real = 0.0;                   // f32, f64
  std::string_view text;               // string
  GgufType element = GgufType::kU8;    // array
  std::uint64_t count = 0;             // array: elements
  std::span<const std::uint8_t> data;  // array: the elements as stored
};

class GgufFile {
 public:
  /// Errors: UserError on anything the format forbids, naming the key or tensor.
  explicit GgufFile(const std::filesystem::path& path);

  [[nodiscard]] const std::string& name() const { return file_->name(); }
  [[nodiscard]] const std::map<std::string_view, GgufValue>& metadata() const { return metadata_; }
  [[nodiscard]] const std::vector<TensorInfo>& tensors() const { return tensors_; }
  [[nodiscard]] const GgufValue* find(std::string_view key) const;

  /// Empty if absent. Errors: UserError if the value has another type or does not fit.
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key) const;
  [[nodiscard]] std::optional<double> real(std::string_view key) const;
  [[nodiscard]] std::optional<bool> boolean(std::string_view key) const;
  [[nodiscard]] std::optional<std::string_view> text(std::string_view key) const;
  [[nodiscard]] std::optional<std::vector<std::string>> texts(std::string_view key) const;
  [[nodiscard]] std::optional<std::vector<float>> reals(std::string_view key) const;
  [[nodiscard]] std::optional<std::vector<std::int32_t>> integers(std::string_view key) const;

  /// As above; also an error if absent.
  [[nodiscard]] std::int64_t require_integer(std::string_view key) const;
  [[nodiscard]] double require_real(std::string_view key) const;

 private:
  SharedFile file_;
  std::map<std::string_view, GgufValue> metadata_;
  std::vector<TensorInfo> tensors_;
};

}  // namespace metronome::runtime
