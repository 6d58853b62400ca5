// SPDX-License-Identifier: Apache-2.0
// Warp code before it has registers: what the builder writes and the passes work on.
#pragma once

#include <vector>

#include "hw/isa/gpu/instruction.h"

namespace metronome::gpu {

/// Words of a group of registers that lie together, aligned to the group's size. Without a group it
/// is RZ where it is read, and nothing where it is written.
struct Value {
  int group = -1;
  int first = 0;
  int words = 1;

  bool none() const { return group < 0; }
  Value operator[](int word) const { return {group, first + word, 1}; }
};

/// A predicate, or its opposite. Without an id it always holds.
struct Flag {
  int id = -1;
  bool negated = false;

  bool none() const { return id < 0; }
  Flag operator!() const { return {id, !negated}; }
};

/// `i` holds all but what is still virtual.
struct VirtualInstruction {
  Instruction i;
  Value d, a, b, c;
  Flag guard;
  Flag compared;   // written by compares
  Flag selected;   // read by SEL
  int label = -1;  // of a branch
};

/// Instructions [begin, end] run again when the branch at `end` is taken.
struct LoopRange {
  int begin = 0;
  int end = 0;
};

/// Loops nest, branches go forward or back to the beginning of a loop, and a value is written
/// before it is read in the order of the code.
struct VirtualCode {
  std::vector<VirtualInstruction> code;
  std::vector<int> groups;  // words of each: 1, 2, 4 or 8
  int flags = 0;
  std::vector<int> labels;       // the instruction that each stands before
  std::vector<LoopRange> loops;  // inner ones before those around them
};

}  // namespace metronome::gpu
