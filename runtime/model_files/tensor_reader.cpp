// SPDX-License-Identifier: Apache-2.0
#include "runtime/model_files/tensor_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "hw/isa/error.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::runtime {

const TensorInfo* TensorReader::take(const std::string& name,
                                     const std::vector<std::uint64_t>& wanted) {
  const TensorInfo* tensor = table_.use(name);
  if (tensor == nullptr) {
    if (std::ranges::count(missing_, name) == 0) missing_.push_back(name);
    return nullptr;
  }
  if (tensor->shape != wanted) {
    refuse(tensor->file->name(), name,
           fmt::format("shape {} found, {} wanted", shape_text(tensor->shape), shape_text(wanted)));
  }
  if (!tensor->type) {
    refuse(tensor->file->name(), name,
           fmt::format("tensor type {} is not supported, readable are {}", tensor->type_name,
                       kReadableTypes));
  }
  return tensor;
}

std::optional<std::int64_t> TensorReader::rows(const std::string& name) {
  const TensorInfo* tensor = table_.use(name);
  if (tensor == nullptr || tensor->shape.size() != 2) return std::nullopt;
  return static_cast<std::int64_t>(tensor->shape[0]);
}

graph::Matrix TensorReader::matrix(const std::string& name, std::int64_t rows, std::int64_t cols) {
  graph::Matrix matrix{name, rows, cols, {}};
  const TensorInfo* tensor =
      take(name, {static_cast<std::uint64_t>(rows), static_cast<std::uint64_t>(cols)});
  if (tensor == nullptr) return matrix;
  const std::uint64_t row_bytes = tensor->bytes / static_cast<std::uint64_t>(rows);
  matrix.read_row = [file = tensor->file, start = tensor->offset, type = *tensor->type, row_bytes,
                     rows, cols](std::int64_t row, std::span<float> out) {
    check(row >= 0 && row < rows && out.size() == static_cast<std::size_t>(cols), "model_files", 0,
          "read_row outside the matrix");
    const std::uint64_t at = start + static_cast<std::uint64_t>(row) * row_bytes;
    dequantise(type, file->bytes().subspan(at, row_bytes), out);
  };
  return matrix;
}

graph::Vector TensorReader::vector(const std::string& name, std::int64_t size) {
  graph::Vector vector{name, {}};
  const TensorInfo* tensor = take(name, {static_cast<std::uint64_t>(size)});
  if (tensor == nullptr) return vector;
  vector.values.resize(static_cast<std::size_t>(size));
  dequantise(*tensor->type, tensor->file->bytes().subspan(tensor->offset, tensor->bytes),
             vector.values);
  return vector;
}

graph::Matrix TensorReader::matrix(const std::string& name, std::int64_t rows, std::int64_t cols,
                                   const StoredPart& part) {
  if (part.order == Stored::kInputsByOutputs) return transposed(name, rows, cols, part);
  graph::Matrix whole = matrix(name, part.outputs, cols);
  whole.rows = rows;
  if (!whole.read_row || part.first == 0) return whole;
  whole.read_row = [read = std::move(whole.read_row), first = part.first](
                       std::int64_t row, std::span<float> out) { read(first + row, out); };
  return whole;
}

/// A row is a column of what is stored, gathered value by value.
graph::Matrix TensorReader::transposed(const std::string& name, std::int64_t rows,
                                       std::int64_t cols, const StoredPart& part) {
  graph::Matrix matrix{name, rows, cols, {}};
  const TensorInfo* tensor =
      take(name, {static_cast<std::uint64_t>(cols), static_cast<std::uint64_t>(part.outputs)});
  if (tensor == nullptr) return matrix;
  const BlockLayout value = block_layout(*tensor->type);
  if (value.values != 1) {
    refuse(tensor->file->name(), name,
           fmt::format("tensor type {} has blocks along the outputs, wanted are F32, F16, BF16",
                       tensor->type_name));
  }
  const auto bytes = static_cast<std::uint64_t>(value.bytes);
  const std::uint64_t stride = bytes * static_cast<std::uint64_t>(part.outputs);
  const std::uint64_t start = tensor->offset + bytes * static_cast<std::uint64_t>(part.first);
  matrix.read_row = [file = tensor->file, type = *tensor->type, start, stride, bytes, rows, cols](
                        std::int64_t row, std::span<float> out) {
    check(row >= 0 && row < rows && out.size() == static_cast<std::size_t>(cols), "model_files", 0,
          "read_row outside the matrix");
    std::uint64_t at = start + bytes * static_cast<std::uint64_t>(row);
    for (std::size_t c = 0; c < out.size(); ++c, at += stride) {
      dequantise(type, file->bytes().subspan(at, bytes), out.subspan(c, 1));
    }
  };
  return matrix;
}

graph::Vector TensorReader::vector(const std::string& name, std::int64_t size,
                                   const StoredPart& part) {
  graph::Vector whole = vector(name, part.outputs);
  if (whole.values.empty()) return whole;
  const auto first = whole.values.begin() + part.first;
  return {name, std::vector<float>(first, first + size)};
}

void TensorReader::refuse_missing() const {
  constexpr std::size_t kMaxNamed = 8;
  if (missing_.empty()) return;
  std::string list;
  for (std::size_t i = 0; i < missing_.size() && i < kMaxNamed; ++i) {
    list.append(i == 0 ? "" : ", ").append(missing_[i]);
    const std::string near = table_.near(missing_[i]);
    if (!near.empty()) list.append(fmt::format(" (the file has {})", printable(near)));
  }
  if (missing_.size() > kMaxNamed)
    list.append(fmt::format(" and {} more", missing_.size() - kMaxNamed));
  refuse(table_.source(), "tensors",
         fmt::format("{} required of {} in the file missing: {}", missing_.size(), table_.size(),
                     list));
}

}  // namespace metronome::runtime
