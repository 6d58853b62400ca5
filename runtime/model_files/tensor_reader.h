// SPDX-License-Identifier: Apache-2.0
// Takes matrices and vectors of wanted shapes out of a TensorTable.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/graph/model.h"
#include "runtime/model_files/tensor_table.h"

namespace metronome::runtime {

/// How a linear map lies in the file.
enum class Stored : std::uint8_t { kOutputsByInputs, kInputsByOutputs };

/// Outputs first, first + 1, ... of a linear map with `outputs` of them.
struct StoredPart {
  Stored order = Stored::kOutputsByInputs;
  std::int64_t first = 0;
  std::int64_t outputs = 0;
};

/// Missing tensors are collected, so that one message can name them all; until then empty
/// matrices and vectors stand in for them.
class TensorReader {
 public:
  explicit TensorReader(TensorTable& table) : table_(table) {}

  [[nodiscard]] bool has(std::string_view name) const { return table_.has(name); }

  /// Rows of a two-axis tensor; empty if it is missing or of another rank.
  std::optional<std::int64_t> rows(const std::string& name);

  /// Errors of all: UserError on another shape (tensor, found, wanted) or an unreadable type.
  graph::Matrix matrix(const std::string& name, std::int64_t rows, std::int64_t cols);
  graph::Vector vector(const std::string& name, std::int64_t size);
  /// `rows` or `size` values of a larger tensor. A map stored [inputs, outputs] must be in a type
  /// without blocks.
  graph::Matrix matrix(const std::string& name, std::int64_t rows, std::int64_t cols,
                       const StoredPart& part);
  graph::Vector vector(const std::string& name, std::int64_t size, const StoredPart& part);

  /// Errors: UserError naming the missing tensors, if any.
  void refuse_missing() const;
  [[nodiscard]] std::vector<std::string> unused_notes() const { return table_.unused_notes(); }

 private:
  graph::Matrix transposed(const std::string& name, std::int64_t rows, std::int64_t cols,
                           const StoredPart& part);
  const TensorInfo* take(const std::string& name, const std::vector<std::uint64_t>& wanted);

  TensorTable& table_;
  std::vector<std::string> missing_;
};

}  // namespace metronome::runtime
