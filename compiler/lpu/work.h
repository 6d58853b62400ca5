// SPDX-License-Identifier: Apache-2.0
// What lowering hands to a scheduler: works in program order, each one or more stream programs that
// go together, with the weights that they multiply by. Nothing in it has a time yet.
#pragma once

#include <string>
#include <vector>

#include "compiler/lpu/cluster.h"

namespace metronome::compiler {

/// Rows of a striped tensor that one plane (int8) or one pair of planes (fp16) holds at a time.
struct Tile {
  TensorId tensor = -1;
  lpu::Hemisphere hemisphere = lpu::Hemisphere::kWest;
  std::int64_t first_row = 0;
  int rows = 0;
};

/// Tiles to install, at most one a hemisphere, and the stream program that multiplies by them.
struct Step {
  std::vector<Tile> tiles;
  Cluster cluster;
};

/// Steps one after the other; all multiplies of a hemisphere go through one plane.
struct Work {
  std::string op;  // operator: `blk.0.attn_q`
  int layer = -1;  // -1 outside the layers
  std::vector<Step> steps;
};

}  // namespace metronome::compiler
