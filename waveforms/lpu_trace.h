// SPDX-License-Identifier: Apache-2.0
// A run of the LPU as a waveform, VCD or FST. Recorded below the scope `lpu`:
//
//   clock                       1 at the start of a cycle, 0 from its middle
//   cycle                       chip time
//   program                     which program runs (string)
//   barrier                     1 from Notify until the queues leave Sync
//   mem_w.slice_12.op           mnemonic of what holds the queue, `-` when idle (string)
//   mem_w.slice_12.opcode       the same as its number in the opcode table, 255 when idle
//   mem_w.slice_12.opcode_2     slices only: the other one of a read and a write started together
//   mem_w.slice_12.operands     `address=12,out=E3` (string)
//   mem_w.slice_12.purpose      what it serves, `blk.0.attn_q.load` (string); kept over the short
//                               pauses of a train
//   mem_w.slice_12.next_dispatch  cycle in which the queue's next instruction is due: less `cycle`,
//                               the time to it; z when nothing is due
//   mem_w.slice_12.read_bank    slices only, and so write_bank: z when idle. The bank of
//   mem_w.slice_12.read_address the address, which is that of the row read or written, or the base
//                               to which a Gather or Scatter adds an offset for each superlane
//   mxm_w.plane_0.state         idle, or what goes on, joined by '+': loading, installing,
//                               multiplying (string)
//   mxm_w.plane_0.buffer        purpose of the tile in the buffer, `-` for none (string)
//   mxm_w.plane_0.array         purpose of the tile in the array (string)
//   streams.east.s_00.x_19.data    lanes 0 to 15 of the register at column 19, lane 0 least
//                                  significant; z when nobody drives it
//   streams.east.s_00.x_19.valid   1 when it holds a value
//   streams.east.s_00.x_19.value   lanes 0 to 3 as numbers, int8, fp16, fp32 or int32; a register
//                                  with a later byte of a value names the first: `byte_1_of_E0`
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "hw/common/observer.h"
#include "hw/isa/lpu/chip_spec.h"
#include "waveforms/activity.h"
#include "waveforms/cycle_writer.h"
#include "waveforms/signal_timeline.h"
#include "waveforms/trace_options.h"
#include "waveforms/trace_signals.h"

namespace metronome::waveforms {

/// What a trace holds, for the viewer set-up and for reports.
struct TraceSummary : TraceFacts {
  lpu::ChipSpec spec;
  TraceSignals signals;
  std::vector<std::int64_t> queue_issues;  // by index in signals.queues; recorded ones
  std::vector<std::int64_t> register_values;
  Activity queue_activity;     // by index in signals.queues
  Activity register_activity;  // by index in signals.registers
};

class LpuTrace : public hw::Observer {
 public:
  /// Errors: UserError on a filter without match, a window that ends before it begins, a limit
  /// below the header's size, a file that cannot be created.
  LpuTrace(const std::filesystem::path& path, const lpu::ChipSpec& spec, TraceOptions options);
  /// As break_off().
  ~LpuTrace() override;

  void on_track(hw::TrackId track, std::string_view path) override;
  void on_issue(const hw::IssueEvent& event) override;
  void on_stream(const hw::StreamEvent& event) override;
  void on_program(const hw::ProgramEvent& event) override;
  void on_end(std::int64_t cycle) override { finish(cycle); }

  /// The run ended: completes the file under its own name. `last_cycle` is the cycle in which the
  /// last effect is seen; its start is the last time stamp. Events after it are ignored.
  /// Errors: UserError if no cycle of the window was run, or the disk did not take the file; no
  /// file stays then.
  void finish(std::int64_t last_cycle);

  /// Completes the file of a run that broke off: the last cycle it has seen is the last recorded.
  void break_off() noexcept;

  /// Whether anything of a run from `first` to `last` is recorded: if not, the chip need not be
  /// observed during it.
  bool needs(std::int64_t first, std::int64_t last) const {
    return !cycles_.finished() && !cycles_.reached_limit() && first <= options_.last_cycle &&
           last >= options_.first_cycle;
  }

  const TraceSummary& summary() const { return summary_; }

 private:
  using Var = WaveWriter::Var;
  struct Bank {
    Var bank = 0, address = 0;
  };
  struct QueueVars {
    Var op = 0, opcode = 0, second = 0, operands = 0, purpose = 0, next_dispatch = 0;
    bool is_slice = false;
    Bank read, write;
    QueueState shown;
  };
  struct PlaneVars {
    Var state = 0, buffer = 0, array = 0;
    PlaneState shown;
  };
  struct RegisterVars {
    Var data = 0, valid = 0, value = 0;
    RegisterState shown;
  };

  void declare();
  void declare_queues();
  void declare_slice(QueueVars& vars);
  void declare_registers();
  Var declare_text(const char* name);
  lpu::QueueId queue_of(hw::TrackId track) const;
  void put(std::int64_t cycle, bool all);
  void put_chip(bool all);
  void put_queue(std::size_t index, std::int64_t cycle, bool all);
  void put_slice(const QueueVars& vars, const QueueState& state, bool all);
  void put_plane(std::size_t index, bool all);
  void put_register(std::size_t index, std::int64_t cycle, bool all);
  void put_text(Var var, const std::string& now, const std::string& before, bool all);
  void summarize() noexcept;

  TraceOptions options_;
  TraceSummary summary_;
  NumberNames opcode_names_;
  SignalTimeline timeline_;
  CycleWriter cycles_;  // after what may refuse: a refused trace touches no disk
  std::vector<lpu::QueueId> queue_of_track_;
  std::vector<QueueVars> queues_;
  std::vector<PlaneVars> planes_;
  std::vector<RegisterVars> registers_;
  Var program_var_ = 0;
  Var barrier_var_ = 0;
  std::string program_;
  bool barrier_ = false;
};

}  // namespace metronome::waveforms
