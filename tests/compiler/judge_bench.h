// SPDX-License-Identifier: Apache-2.0
// Small hand-made programs for the judge: every instruction with the identities that it means.
#pragma once

#include <string>
#include <vector>

#include "hw/isa/lpu/image.h"

namespace metronome::compiler::testing {

class HandMade {
 public:
  /// On the teaching chip.
  HandMade();

  const lpu::ChipSpec& spec() const { return image_.chip; }
  lpu::QueueId mem(lpu::Hemisphere h, int slice) const { return mem_queue(spec(), h, slice); }
  lpu::QueueId alu(int index) const { return vxm_queue(spec(), index); }

  /// A tensor at address 0 of slices first, first + 1, ...; rows are values first, first + 1, ...
  lpu::MemoryTensor& tensor(const std::string& name, lpu::TensorKind kind, lpu::Hemisphere h,
                            int first_slice, int width, std::int64_t rows, lpu::ValueId first);
  /// The same, as what the program leaves behind: row r means `outputs[r]`.
  void output(lpu::Hemisphere h, int first_slice, std::vector<lpu::ValueId> outputs);

  lpu::Issue& issue(lpu::Cycle cycle, lpu::QueueId queue, const lpu::Instruction& instruction,
                    std::vector<lpu::ValueId> reads, lpu::ValueId write);
  /// Four bytes of one value, from or to slices first, first + 1, ...
  void read4(lpu::Cycle cycle, lpu::Hemisphere h, int first_slice, int address,
             lpu::StreamGroup out, lpu::ValueId value);
  void write4(lpu::Cycle cycle, lpu::Hemisphere h, int first_slice, int address,
              lpu::StreamGroup in, lpu::ValueId value);

  /// The issue `at` of a queue, to be changed.
  lpu::Issue& find(lpu::QueueId queue, std::size_t at = 0);
  void drop(lpu::QueueId queue, std::size_t at = 0);

  /// What the judge says; empty if it accepts. Cycles count from Notify, 35 before the queues run.
  std::string verdict();
  /// The same with predicted cycles of one's own.
  std::string verdict(lpu::Cycle predicted);

  lpu::Image& image() { return image_; }

 private:
  lpu::QueueProgram& queue(lpu::QueueId id);

  lpu::Image image_;
};

}  // namespace metronome::compiler::testing
