// SPDX-License-Identifier: Apache-2.0
// What a weight file says it holds, the same for every container format.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/model_files/dequantise.h"
#include "runtime/model_files/mapped_file.h"

namespace metronome::runtime {

struct TensorInfo {
  std::string name;
  std::string type_name;             // as the format spells it
  std::optional<ElementType> type;   // empty: a type that can be listed but not read
  std::vector<std::uint64_t> shape;  // slowest axis first
  std::uint64_t offset = 0;          // bytes from the start of the file
  std::uint64_t bytes = 0;           // shape times width, proven to lie inside the file
  SharedFile file;
};

/// "[2, 64]", for messages.
std::string shape_text(const std::vector<std::uint64_t>& shape);

/// The product of `shape` times `block_bytes` per `block_values`; empty on overflow or when the
/// last axis is no whole number of blocks.
std::optional<std::uint64_t> stored_bytes(const std::vector<std::uint64_t>& shape,
                                          std::uint64_t block_values, std::uint64_t block_bytes);

/// The tensors of a model, by name. Remembers which were asked for.
class TensorTable {
 public:
  /// Errors: UserError if two tensors share a name, naming it.
  TensorTable(std::vector<TensorInfo> tensors, std::string source);

  /// Null if absent; marks the tensor as used.
  const TensorInfo* use(std::string_view name);
  [[nodiscard]] bool has(std::string_view name) const;
  [[nodiscard]] std::size_t size() const { return tensors_.size(); }
  [[nodiscard]] const std::string& source() const { return source_; }

  /// The name in the file most like `name`; empty if none is close.
  [[nodiscard]] std::string near(std::string_view name) const;

  /// One line a tensor nobody used, at most 32, then how many more.
  [[nodiscard]] std::vector<std::string> unused_notes() const;

 private:
  [[nodiscard]] std::size_t index_of(std::string_view name) const;

  std::vector<TensorInfo> tensors_;  // by name
  std::vector<bool> used_;
  std::string source_;
};

/// Refuses tensors of one file that share bytes, naming two. Order of `tensors` is kept.
void refuse_overlaps(const std::vector<TensorInfo>& tensors, const std::string& source);

/// How far two names are apart: insertions, deletions and substitutions.
std::size_t edit_distance(std::string_view left, std::string_view right);

}  // namespace metronome::runtime
