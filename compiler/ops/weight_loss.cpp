// SPDX-License-Identifier: Apache-2.0
#include "compiler/ops/weight_loss.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "compiler/ops/half_matrix.h"
#include "compiler/ops/int8_matrix.h"
#include "hw/isa/numerics/half.h"

namespace metronome::ops {
namespace {

double relative_error(double error_squares, double squares) {
  return squares == 0.0 ? 0.0 : std::sqrt(error_squares / squares);
}

/// A row as the precision keeps it. Shapes: `kept` [cols].
void kept_row(const graph::Matrix& m, std::int64_t row, const std::string& source,
              Precision precision, std::vector<float>& kept) {
  if (precision == Precision::kFp16) {
    std::vector<std::uint16_t> halves(kept.size());
    read_half_row(m, row, source, halves);
    std::transform(halves.begin(), halves.end(), kept.begin(), numerics::half_to_float);
    return;
  }
  std::vector<std::int8_t> integers(kept.size());
  const float scale = read_int8_row(m, row, source, integers);
  std::transform(integers.begin(), integers.end(), kept.begin(),
                 [scale](std::int8_t q) { return scale * static_cast<float>(q); });
}

/// The loss of one part while its matrices are read.
struct Sums {
  WeightLoss loss;
  double error_squares = 0.0;
  double squares = 0.0;

  void add_row(const graph::Matrix& m, std::int64_t row, const std::vector<float>& stored,
               const std::vector<float>& kept) {
    double row_errors = 0.0;
    double row_squares = 0.0;
    for (std::size_t i = 0; i < stored.size(); ++i) {
      const double weight = std::abs(static_cast<double>(stored[i]));
      const double error = std::abs(static_cast<double>(kept[i]) - stored[i]);
      row_errors += error * error;
      row_squares += weight * weight;
      loss.largest_error = std::max(loss.largest_error, error);
      loss.largest_weight = std::max(loss.largest_weight, weight);
    }
    const double relative = relative_error(row_errors, row_squares);
    if (loss.values == 0 || relative > loss.worst_relative) {
      loss.worst_relative = relative;
      loss.worst_matrix = m.name;
      loss.worst_row = row;
    }
    loss.values += m.cols;
    error_squares += row_errors;
    squares += row_squares;
  }
};

}  // namespace

std::vector<WeightLoss> weight_losses(const graph::Graph& graph, Precision precision) {
  std::vector<Sums> parts;
  std::set<const graph::Matrix*> seen;
  for (const graph::OpNode& node : graph.nodes) {
    if (node.matrix == nullptr || !seen.insert(node.matrix).second) continue;
    const graph::Matrix& m = *node.matrix;
    auto part = std::find_if(parts.begin(), parts.end(),
                             [&](const Sums& s) { return s.loss.part == node.part; });
    if (part == parts.end()) {
      part = parts.emplace(parts.end());
      part->loss.part = node.part;
    }
    std::vector<float> stored(static_cast<std::size_t>(m.cols));
    std::vector<float> kept(stored.size());
    for (std::int64_t row = 0; row < m.rows; ++row) {
      m.read_row(row, stored);
      kept_row(m, row, graph.model->source, precision, kept);
      part->add_row(m, row, stored, kept);
    }
  }
  std::vector<WeightLoss> losses;
  for (Sums& sums : parts) {
    sums.loss.relative = relative_error(sums.error_squares, sums.squares);
    losses.push_back(std::move(sums.loss));
  }
  return losses;
}

std::string loss_note(const std::vector<WeightLoss>& losses, Precision precision) {
  if (losses.empty()) return fmt::format("weights in {}: none", to_string(precision));
  const auto most = std::max_element(
      losses.begin(), losses.end(),
      [](const WeightLoss& a, const WeightLoss& b) { return a.relative < b.relative; });
  const auto row = std::max_element(
      losses.begin(), losses.end(),
      [](const WeightLoss& a, const WeightLoss& b) { return a.worst_relative < b.worst_relative; });
  return fmt::format(
      "weights in {}: rms error against the file's values {:.2g} % in {}, the part that loses "
      "most; {:.2g} % in row {} of {}, the row that loses most",
      to_string(precision), most->relative * 100.0, most->part, row->worst_relative * 100.0,
      row->worst_row, row->worst_matrix);
}

}  // namespace metronome::ops
