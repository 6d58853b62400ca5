// SPDX-License-Identifier: Apache-2.0
// Weight matrices as tiles over the banks, and the scales of int8 rows.
#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <utility>

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
      : m_(m),
        source_(std::move(source)),
        int8_(int8),
        half_(int8 ? 0 : cols()),
        bytes_(int8 ? cols() : 0) {}

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
struct Span {
  int block = 0;
  std::int64_t lane = 0;
  std::int64_t column = 0;
  std::int64_t length = 0;
};

std::vector<Span> spans_of(const Blocks& columns) {
  std::vector<Span> spans;
  for (int b = 0; b < columns.count(); ++b) {
    for (std::int64_t lane = 0; lane < columns.length(b); ++lane) {
      const std::int64_t column = columns.value(b, lane);
      if (column < 0) continue;
      if (!spans.empty()) {
        Span& last = spans.back();
        if (last.block == b && last.lane + last.length == lane &&
            last.column + last.length == column) {
          ++last.length;
          continue;
        }
      }
      spans.push_back({b, lane, column, 1});
    }
  }
  return spans;
}

}  // namespace

/// Row block b in bank b % banks, all tiles alike, so that a row's place follows from its number.
WeightTiles Layout::table_tiles(const Blocks& rows, int columns, int stripes) const {
  WeightTiles tiles;
  const int banks = plan_.weight_banks();
  tiles.column_blocks = columns;
  tiles.block_rows = static_cast<int>((rows.widest() + stripes - 1) / stripes * stripes);
  tiles.banks.assign(static_cast<std::size_t>(banks), -1);
  for (int b = 0; b < rows.count(); ++b) {
    TileRun run{b % banks, 0, {}};
    for (int k = 0; k < columns; ++k) {
      run.first_rows.push_back((std::int64_t{b / banks} * columns + k) * tiles.block_rows);
    }
    tiles.runs.push_back({run});
  }
  return tiles;
}

/// Tiles in the order of rows, then columns, cut into pieces of equal load, one a bank. Where a cut
/// falls into a row block, its sums are joined in the vector unit, exactly.
WeightTiles Layout::balanced_tiles(const Blocks& rows, int columns, int stripes) {
  WeightTiles tiles;
  const auto banks = plan_.weight_banks();
  tiles.column_blocks = columns;
  tiles.banks.assign(static_cast<std::size_t>(banks), -1);
  std::vector<std::int64_t> next_row(static_cast<std::size_t>(banks), 0);
  const auto beats = [&](int b) { return (rows.length(b) + stripes - 1) / stripes; };
  std::int64_t left = 0;  // beats of this piece and of those to come
  for (int b = 0; b < rows.count(); ++b) left += beats(b) * columns;
  std::int64_t pieces = banks;
  std::int64_t taken = 0;  // of this piece
  for (int b = 0; b < rows.count(); ++b) {
    auto& runs = tiles.runs.emplace_back();
    for (int k = 0; k < columns; ++k) {
      // A tile goes where its larger part would lie.
      if (pieces > 1 && 2 * taken + beats(b) > 2 * (left / pieces)) {
        --pieces;
        left -= std::exchange(taken, 0);
        next_bank_ = (next_bank_ + 1) % banks;
      }
      if (runs.empty() || runs.back().bank != next_bank_) runs.push_back({next_bank_, k, {}});
      std::int64_t& row = next_row[static_cast<std::size_t>(next_bank_)];
      runs.back().first_rows.push_back(row);
      row += beats(b) * stripes;
      taken += beats(b);
    }
  }
  next_bank_ = (next_bank_ + 1) % banks;
  return tiles;
}

namespace {

/// Rows that the tiles of block `b` take in their bank.
std::int64_t kept_rows(const WeightTiles& tiles, const Blocks& rows, int b, int stripes) {
  if (tiles.block_rows != 0) return tiles.block_rows;
  return (rows.length(b) + stripes - 1) / stripes * stripes;
}

/// The bytes of each bank, and the scales of all rows, in the order of the result.
struct BankData {
  std::vector<std::vector<std::uint8_t>> banks;
  std::vector<float> scales;
};

BankData fill_banks(const WeightTiles& tiles, const Blocks& rows, const Blocks& columns,
                    RowReader& reader) {
  const std::int64_t row_bytes = columns.widest() * reader.width();
  const int stripes = lpu::kWeightStreams / reader.width();
  BankData data{std::vector<std::vector<std::uint8_t>>(tiles.banks.size()),
                std::vector<float>(static_cast<std::size_t>(rows.count() * rows.widest()), 0.0F)};
  for (int b = 0; b < rows.count(); ++b) {
    for (const TileRun& run : tiles.runs[static_cast<std::size_t>(b)]) {
      auto& bank = data.banks[static_cast<std::size_t>(run.bank)];
      const std::int64_t end = run.first_rows.back() + kept_rows(tiles, rows, b, stripes);
      bank.resize(std::max(bank.size(), static_cast<std::size_t>(end * row_bytes)));
    }
  }
  const std::vector<Span> spans = spans_of(columns);
  for (int b = 0; b < rows.count(); ++b) {
    std::vector<std::uint8_t*> places;  // of row 0 of the tile of each column block
    for (const TileRun& run : tiles.runs[static_cast<std::size_t>(b)]) {
      for (const std::int64_t first : run.first_rows) {
        places.push_back(data.banks[static_cast<std::size_t>(run.bank)].data() + first * row_bytes);
      }
    }
    for (std::int64_t r = 0; r < rows.length(b); ++r) {
      const std::int64_t from = rows.value(b, r);
      if (from < 0) continue;
      data.scales[static_cast<std::size_t>(b * rows.widest() + r)] = reader.read(from);
      for (const Span& span : spans) {
        std::memcpy(places[static_cast<std::size_t>(span.block)] + r * row_bytes +
                        span.lane * reader.width(),
                    reader.value(span.column),
                    static_cast<std::size_t>(span.length * reader.width()));
      }
    }
  }
  return data;
}

/// Banks of a table are gathered from at one address, wherever the token lies: all that have rows
/// have as many.
void even_out(std::vector<std::vector<std::uint8_t>>& banks) {
  std::size_t most = 0;
  for (const auto& bank : banks) most = std::max(most, bank.size());
  for (auto& bank : banks) {
    if (!bank.empty()) bank.resize(most);
  }
}

}  // namespace

void Layout::add_weights(const OpNode& node) {
  if (tensors_.weights.contains(node.matrix)) return;
  const graph::Matrix& m = *node.matrix;
  const bool table = node.kind == OpKind::kEmbed;
  const Blocks rows = table ? plain(m.rows) : result_blocks(node);
  const Blocks columns = input_blocks(node, m.cols);
  RowReader reader(m, model_.source, quantised());
  const int stripes = lpu::kWeightStreams / reader.width();
  // fp16 sums are rounded once a tile, in the order of the columns, so they stay in one plane.
  WeightTiles tiles = table || !quantised() ? table_tiles(rows, columns.count(), stripes)
                                            : balanced_tiles(rows, columns.count(), stripes);
  BankData data = fill_banks(tiles, rows, columns, reader);
  if (table) even_out(data.banks);
  const std::int64_t row_bytes = columns.widest() * reader.width();
  for (std::size_t bank = 0; bank < data.banks.size(); ++bank) {
    if (data.banks[bank].empty()) continue;
    const auto number = static_cast<int>(bank);
    tiles.banks[bank] = plan_.add_weights(
        fmt::format("{}.{}{}", m.name, number % 2 == 0 ? 'w' : 'e', number / 2), number,
        reader.width(), static_cast<std::int64_t>(data.banks[bank].size()) / row_bytes,
        static_cast<int>(columns.widest()));
    plan_.set_data(tiles.banks[bank], std::move(data.banks[bank]));
  }
  tensors_.weights[node.matrix] = std::move(tiles);
  if (!quantised()) return;
  if (table) add_token_scales(data.scales);
  add_scales(node, data.scales);
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
