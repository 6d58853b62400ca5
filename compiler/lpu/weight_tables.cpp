// SPDX-License-Identifier: Apache-2.0
// Weight matrices as tiles over the banks, and the scales of int8 rows.
#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "compiler/lpu/layout.h"
#include "compiler/ops/half_matrix.h"
#include "compiler/ops/int8_matrix.h"

namespace metronome::compiler {

using graph::OpKind;
using graph::OpNode;

namespace {

/// Reads rows of a matrix in the chip's form, each as bytes.
class RowReader {
 public:
  RowReader(const graph::Matrix& m, std::string source, bool int8)
      : m_(m), source_(std::move(source)), int8_(int8), half_(int8 ? 0 : cols()), bytes_(int8 ? cols() : 0) {}

  int width() const { return int8_ ? 1 : 2; }
  /// Bytes of row `row`, and its scale (1 in fp16).
  float read(std::int64_t row) {
    if (int8_) return ops::read_int8_row(m_, row, source_, bytes_);
    ops::read_half_row(m_, row, source_, half_);
    return 1.0F;
  }
  const std::uint8_t* value(std::int64_t column) const {
    const auto at = static_cast<std::size_t>(column);
    return int8_ ? reinterpret_cast<const std::uint8_t*>(bytes_.data() + at)
                 : reinterpret_cast<const std::uint8_t*>(half_.data() + at);
  }

 private:
  std::size_t cols() const { return static_cast<std::size_t>(m_.cols); }

  const graph::Matrix& m_;
  std::string source_;
  bool int8_;
  std::vector<std::uint16_t> half_;
  std::vector<std::int8_t> bytes_;
};

/// Columns of a matrix that stand next to each other in a block of lanes.
struct Run {
  int block = 0;
  std::int64_t lane = 0;
  std::int64_t column = 0;
  std::int64_t length = 0;
};

std::vector<Run> runs_of(const Blocks& columns) {
  std::vector<Run> runs;
  for (int b = 0; b < columns.count(); ++b) {
    for (std::int64_t lane = 0; lane < columns.length(b); ++lane) {
      const std::int64_t column = columns.value(b, lane);
      if (column < 0) continue;
      if (!runs.empty()) {
        Run& last = runs.back();
        if (last.block == b && last.lane + last.length == lane &&
            last.column + last.length == column) {
          ++last.length;
          continue;
        }
      }
      runs.push_back({b, lane, column, 1});
    }
  }
  return runs;
}

}  // namespace

void Layout::add_weights(const OpNode& node) {
  if (tensors_.weights.contains(node.matrix)) return;
  const graph::Matrix& m = *node.matrix;
  const Blocks rows = node.kind == OpKind::kEmbed ? plain(m.rows) : result_blocks(node);
  const Blocks columns = input_blocks(node, m.cols);
  const int banks = plan_.weight_banks();
  RowReader reader(m, model_.source, quantised());
  const int stripes = lpu::kWeightStreams / reader.width();
  WeightTiles tiles;
  tiles.first_bank = node.kind == OpKind::kEmbed ? 0 : next_bank_;
  next_bank_ = (tiles.first_bank + rows.count()) % banks;
  tiles.block_rows = static_cast<int>((rows.widest() + stripes - 1) / stripes * stripes);
  tiles.column_blocks = columns.count();
  tiles.banks.assign(static_cast<std::size_t>(banks), -1);
  const std::int64_t row_bytes = columns.widest() * reader.width();

  std::vector<std::int64_t> blocks_on(static_cast<std::size_t>(banks), 0);
  for (int b = 0; b < rows.count(); ++b) ++blocks_on[static_cast<std::size_t>(tiles.bank(b))];
  std::vector<std::vector<std::uint8_t>> data(static_cast<std::size_t>(banks));
  for (std::size_t bank = 0; bank < data.size(); ++bank) {
    data[bank].resize(static_cast<std::size_t>(blocks_on[bank] * tiles.column_blocks *
                                               tiles.block_rows * row_bytes));
  }
  const std::vector<Run> runs = runs_of(columns);
  std::vector<float> scales(static_cast<std::size_t>(rows.count() * rows.widest()), 0.0F);
  for (int b = 0; b < rows.count(); ++b) {
    auto& bank = data[static_cast<std::size_t>(tiles.bank(b))];
    for (std::int64_t r = 0; r < rows.length(b); ++r) {
      const std::int64_t from = rows.value(b, r);
      if (from < 0) continue;
      scales[static_cast<std::size_t>(b * rows.widest() + r)] = reader.read(from);
      for (const Run& run : runs) {
        const std::int64_t at =
            (tiles.first_row(b, run.block) + r) * row_bytes + run.lane * reader.width();
        std::memcpy(bank.data() + at, reader.value(run.column),
                    static_cast<std::size_t>(run.length * reader.width()));
      }
    }
  }
  for (int bank = 0; bank < banks; ++bank) {
    const auto at = static_cast<std::size_t>(bank);
    if (data[at].empty()) continue;
    tiles.banks[at] = plan_.add_weights(
        fmt::format("{}.{}{}", m.name, bank % 2 == 0 ? 'w' : 'e', bank / 2), bank, reader.width(),
        blocks_on[at] * tiles.column_blocks * tiles.block_rows, static_cast<int>(columns.widest()));
    plan_.set_data(tiles.banks[at], std::move(data[at]));
  }
  tensors_.weights[node.matrix] = tiles;
  if (!quantised()) return;
  if (node.kind == OpKind::kEmbed) add_token_scales(scales);
  add_scales(node, scales);
}

void Layout::add_scales(const OpNode& node, const std::vector<float>& scales) {
  const Blocks rows = node.kind == OpKind::kEmbed ? plain(node.matrix->rows) : result_blocks(node);
  std::vector<std::uint8_t> bytes(scales.size() * sizeof(float));
  std::memcpy(bytes.data(), scales.data(), bytes.size());
  tensors_.scales[node.matrix] =
      add_constant(node.matrix->name + ".scales", Role::kParameters, 4, rows.count(),
                   static_cast<int>(rows.widest()), std::move(bytes));
}

/// Row g, the same in each superlane: the scales of tokens g * n to g * n + n - 1, n lanes each.
void Layout::add_token_scales(const std::vector<float>& scales) {
  const std::int64_t step = lanes_per_superlane_;
  const std::int64_t groups = (model_.config.vocab + step - 1) / step;
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(groups * lanes_) * sizeof(float), 0);
  for (std::int64_t g = 0; g < groups; ++g) {
    for (std::int64_t lane = 0; lane < lanes_; ++lane) {
      const std::int64_t token = g * step + lane % step;
      if (token >= model_.config.vocab) continue;
      std::memcpy(bytes.data() + static_cast<std::size_t>(g * lanes_ + lane) * sizeof(float),
                  &scales[static_cast<std::size_t>(token)], sizeof(float));
    }
  }
  tensors_.token_scales = add_constant("token_scales", Role::kResidual, 4, groups,
                                       static_cast<int>(lanes_), std::move(bytes));
}

}  // namespace metronome::compiler
