// SPDX-License-Identifier: Apache-2.0
// Where in a token program each layer runs, and how long a word takes from its slice to whoever
// uses it: facts of an image, known before it runs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hw/isa/lpu/image.h"
#include "runtime/comparison/distribution.h"

namespace metronome::comparison {

/// A layer begins where the weights of its first norm are read: everything after waits for that
/// product. It ends where the next begins. Cycles count from Notify, as a program's do.
struct LayerSpan {
  std::string name;  // "blk.0"
  lpu::Cycle begin = 0;
  lpu::Cycle end = 0;
};

/// In order. None if the image names its tensors otherwise.
std::vector<LayerSpan> layer_spans(const lpu::Image& image, const lpu::Program& program);

/// Adds, for every vector that `program` reads from SRAM, the cycles from the issue of its Read to
/// its arrival at the first unit in its direction: fixed by the place of the slice.
void add_sram_reads(const lpu::Image& image, const lpu::Program& program, Distribution& reads);

}  // namespace metronome::comparison
