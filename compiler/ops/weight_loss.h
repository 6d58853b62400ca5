// SPDX-License-Identifier: Apache-2.0
// What a model's weights lose when they are brought from their file's values to a precision.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/ops/precision.h"

namespace metronome::ops {

/// The loss of the matrices that play one part, over all layers. Relative errors are root mean
/// squares, sqrt(sum of (kept - stored)^2 / sum of stored^2); 0 where all that is stored is 0.
struct WeightLoss {
  std::string part;             // `attn_q`; a tied head is counted as `token_embd`
  std::int64_t values = 0;      // weights
  double relative = 0.0;        // of all of them
  double worst_relative = 0.0;  // of the row that loses most
  std::string worst_matrix;     // its name in the file
  std::int64_t worst_row = 0;   // in that matrix
  double largest_error = 0.0;   // the largest |kept - stored|
  double largest_weight = 0.0;  // the largest |stored|
};

/// In the order in which the parts first stand in the graph. Reads every weight once.
/// Errors: UserError for a weight that the precision cannot hold.
std::vector<WeightLoss> weight_losses(const graph::Graph& graph, Precision precision);

/// One line for the notes of a model or of an image: the part and the row that lose most.
std::string loss_note(const std::vector<WeightLoss>& losses, Precision precision);

}  // namespace metronome::ops
