// SPDX-License-Identifier: Apache-2.0
#include "runtime/model_files/tensor_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "runtime/tokenizers/refuse.h"

namespace metronome::runtime {

std::string shape_text(const std::vector<std::uint64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

std::optional<std::uint64_t> stored_bytes(const std::vector<std::uint64_t>& shape,
                                          std::uint64_t block_values, std::uint64_t block_bytes) {
  constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t row = shape.empty() ? 1 : shape.back();
  if (row % block_values != 0) return std::nullopt;
  if (std::ranges::count(shape, 0U) > 0) return 0;
  std::uint64_t bytes = row / block_values;
  if (bytes > kMax / block_bytes) return std::nullopt;
  bytes *= block_bytes;
  for (std::size_t axis = 0; axis + 1 < shape.size(); ++axis) {
    if (bytes > kMax / shape[axis]) return std::nullopt;
    bytes *= shape[axis];
  }
  return bytes;
}

TensorTable::TensorTable(std::vector<TensorInfo> tensors, std::string source)
    : tensors_(std::move(tensors)), used_(tensors_.size(), false), source_(std::move(source)) {
  std::ranges::stable_sort(tensors_, {}, &TensorInfo::name);
  const auto twice = std::ranges::adjacent_find(tensors_, {}, &TensorInfo::name);
  if (twice == tensors_.end()) return;
  const std::string& other = std::next(twice)->file->name();
  refuse(source_, printable(twice->name),
         "the tensor name appears twice" +
             (other == twice->file->name() ? "" : ", in " + twice->file->name() + " and " + other));
}

std::size_t TensorTable::index_of(std::string_view name) const {
  const auto at = std::ranges::lower_bound(tensors_, name, std::less<>{}, &TensorInfo::name);
  if (at == tensors_.end() || at->name != name) return tensors_.size();
  return static_cast<std::size_t>(at - tensors_.begin());
}

const TensorInfo* TensorTable::use(std::string_view name) {
  const std::size_t index = index_of(name);
  if (index == tensors_.size()) return nullptr;
  used_[index] = true;
  return &tensors_[index];
}

bool TensorTable::has(std::string_view name) const { return index_of(name) != tensors_.size(); }

std::string TensorTable::near(std::string_view name) const {
  std::size_t best = std::max<std::size_t>(3, name.size() / 4) + 1;
  std::string nearest;
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    const std::string& candidate = tensors_[i].name;
    const auto gap = candidate.size() > name.size() ? candidate.size() - name.size()
                                                    : name.size() - candidate.size();
    if (used_[i] || gap >= best) continue;
    const std::size_t distance = edit_distance(candidate, name);
    if (distance >= best) continue;
    best = distance;
    nearest = candidate;
  }
  return nearest;
}

std::vector<std::string> TensorTable::unused_notes() const {
  constexpr std::size_t kMaxNotes = 32;
  std::vector<std::string> notes;
  std::size_t unused = 0;
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    if (used_[i] || ++unused > kMaxNotes) continue;
    notes.push_back(fmt::format("ignored tensor: {} {} {}", printable(tensors_[i].name),
                                tensors_[i].type_name, shape_text(tensors_[i].shape)));
  }
  if (unused > kMaxNotes) {
    notes.push_back(fmt::format("ignored tensors: {} more", unused - kMaxNotes));
  }
  return notes;
}

void refuse_overlaps(const std::vector<TensorInfo>& tensors, const std::string& source) {
  std::vector<std::uint32_t> order(tensors.size());
  std::iota(order.begin(), order.end(), 0U);
  std::erase_if(order, [&](std::uint32_t i) { return tensors[i].bytes == 0; });
  std::ranges::sort(order, {}, [&](std::uint32_t i) { return tensors[i].offset; });
  for (std::size_t i = 1; i < order.size(); ++i) {
    const TensorInfo& before = tensors[order[i - 1]];
    const TensorInfo& after = tensors[order[i]];
    if (after.offset - before.offset >= before.bytes) continue;
    refuse(source, printable(after.name),
           fmt::format("shares bytes with '{}': starts at byte {}, the other ends at {}",
                       printable(before.name), after.offset, before.offset + before.bytes));
  }
}

std::size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < left.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < right.size(); ++j) {
      const std::size_t kept = diagonal + (left[i] == right[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({kept, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[right.size()];
}

}  // namespace metronome::runtime
