// SPDX-License-Identifier: Apache-2.0
// The LPU: units and instruction queues of a ChipSpec, wired. One SystemC elaboration serves any
// number of programs, run one after the other.
#pragma once

#include <memory>
#include <span>
#include <systemc>
#include <vector>

#include "hw/common/counter.h"
#include "hw/common/observer.h"
#include "hw/isa/lpu/image.h"
#include "hw/lpu/icu.h"
#include "hw/lpu/mem.h"
#include "hw/lpu/mxm.h"
#include "hw/lpu/sxm.h"
#include "hw/lpu/vxm.h"

namespace metronome::lpu {

class Chip : public sc_core::sc_module {
 public:
  /// `creation_order`: queue ids in the order in which their processes are made; empty means by
  /// id. Results do not depend on it.
  Chip(const sc_core::sc_module_name& name, const ChipSpec& spec,
       std::span<const int> creation_order = {});

  /// Puts the image's constants into SRAM by reference: `image` must outlive the chip.
  void load(const Image& image);
  /// Fills the state tensors: a new generation starts.
  void reset_state(const Image& image);

  /// Runs one program from Notify to its last effect; returns the cycles that took.
  /// Errors: InvariantError with unit and cycle.
  Cycle run(const PreparedProgram& prepared);
  Cycle run(const Program& program) { return run(prepare(program)); }

  /// Host side, between programs. Row bytes are [lanes, width] interleaved.
  void write_row(const MemoryTensor& tensor, std::int64_t row, std::span<const std::uint8_t> bytes);
  void read_row(const MemoryTensor& tensor, std::int64_t row, std::span<std::uint8_t> bytes) const;

  /// From now on every issue and stream value is reported. Null detaches.
  void observe(hw::Observer* observer);

  hw::Counters counters() const;
  std::int64_t instructions_issued() const;
  std::int64_t macs() const;
  Cycle now() const { return Barrier::now(); }
  const ChipSpec& spec() const { return context_.spec; }
  MemSlice& slice(Hemisphere h, int index);
  StreamFabric& fabric() { return context_.fabric; }

 private:
  void create_queue(QueueId id);
  void read_faulty(const Row& stored, const MemoryTensor& t, std::span<std::uint8_t> bytes) const;
  void count_needless(const PreparedProgram& prepared);
  void report_start(const Program& program, Cycle notified);
  FunctionalUnit* unit_for(const QueueInfo& queue);

  std::vector<std::vector<RowBlock>> constants_;  // headers over the image's bytes; outlive rows
  ChipContext context_;
  Barrier barrier_;
  std::vector<std::unique_ptr<MemSlice>> slices_;  // west, then east
  std::unique_ptr<Vxm> vxm_;
  std::vector<std::unique_ptr<Mxm>> mxms_;  // west, east
  std::vector<std::unique_ptr<Sxm>> sxms_;
  std::vector<std::unique_ptr<InstructionQueue>> queues_;
  Cycle cycles_run_ = 0;
};

}  // namespace metronome::lpu
