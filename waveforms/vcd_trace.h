// SPDX-License-Identifier: Apache-2.0
// A run of the LPU as a VCD waveform. Recorded below the scope `lpu`:
//
//   clock                       1 at the start of a cycle, 0 from its middle
//   cycle                       chip time
//   mem_w.slice_12.op           mnemonic of what holds the queue, `-` when idle (string)
//   mem_w.slice_12.opcode       the same as its number in the opcode table, 255 when idle
//   mem_w.slice_12.opcode_2     slices only: the other one of a read and a write started together
//   mem_w.slice_12.operands     `address=12,out=E3` (string)
//   streams.east.s_00.x_19.data    lanes 0 to 15 of the register at column 19, lane 0 least
//                                  significant; z when nobody drives it
//   streams.east.s_00.x_19.valid   1 when it holds a value
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "hw/common/observer.h"
#include "hw/isa/lpu/chip_spec.h"
#include "waveforms/activity.h"
#include "waveforms/cycle_clock.h"
#include "waveforms/signal_timeline.h"
#include "waveforms/trace_signals.h"
#include "waveforms/vcd_writer.h"

namespace metronome::waveforms {

struct TraceOptions {
  std::int64_t first_cycle = 0;  // of chip time, which runs on over all programs
  std::int64_t last_cycle = std::numeric_limits<std::int64_t>::max();
  std::vector<std::string> filters{};  // parts of paths, as select_signals() takes them
  std::uint64_t max_bytes = std::numeric_limits<std::uint64_t>::max();
  bool strings = true;  // false: `opcode` only, for readers that know no strings
};

/// What a trace holds, for the viewer set-up and for reports.
struct TraceSummary {
  std::filesystem::path path;
  lpu::ChipSpec spec;
  TraceSignals signals;
  std::vector<std::int64_t> queue_issues;  // by index in signals.queues; recorded ones
  std::vector<std::int64_t> register_values;
  std::int64_t first_cycle = 0;
  std::int64_t end_cycle = 0;  // of the last time stamp; cycles recorded: end - first
  Activity queue_activity;     // by index in signals.queues
  Activity register_activity;  // by index in signals.registers
  std::uint64_t bytes = 0;
  bool strings = true;
  bool reached_limit = false;
};

class VcdTrace : public hw::Observer {
 public:
  /// Errors: UserError on a filter without match, a window that ends before it begins, a limit
  /// below the header's size, a file that cannot be created.
  VcdTrace(const std::filesystem::path& path, const lpu::ChipSpec& spec, TraceOptions options);
  /// Completes the file of a run that broke off: the last cycle it has seen is the last recorded.
  ~VcdTrace() override;

  void on_track(hw::TrackId track, std::string_view path) override;
  void on_issue(const hw::IssueEvent& event) override;
  void on_stream(const hw::StreamEvent& event) override;
  void on_end(std::int64_t cycle) override { finish(cycle); }

  /// The chip empties its stream registers in `cycle`, as it does before each program: values
  /// still in flight are not seen after it.
  void on_empty_registers(std::int64_t cycle);

  /// The run ended: completes the file under its own name. `last_cycle` is the cycle in which the
  /// last effect is seen; its start is the last time stamp. Events after it are ignored.
  /// Errors: UserError if no cycle of the window was run, or the disk did not take the file; no
  /// file stays then.
  void finish(std::int64_t last_cycle);

  /// Whether anything of a run from `first` to `last` is recorded: if not, the chip need not be
  /// observed during it.
  bool needs(std::int64_t first, std::int64_t last) const {
    return !finished_ && !summary_.reached_limit && first <= options_.last_cycle &&
           last >= options_.first_cycle;
  }

  const TraceSummary& summary() const { return summary_; }

 private:
  struct QueueVars {
    VcdWriter::Var op = 0, opcode = 0, second = 0, operands = 0;
    bool has_second = false;
    QueueState shown;
  };
  struct RegisterVars {
    VcdWriter::Var data = 0, valid = 0;
    RegisterState shown;
  };

  void declare();
  void advance(std::int64_t cycle);
  void write_cycle(std::int64_t cycle);
  void write_values(std::int64_t cycle);
  void dump_values(std::int64_t cycle);
  void write_queue(std::size_t index, bool all);
  void write_register(std::size_t index, bool all);
  void close(std::int64_t end, bool last_instant, std::string_view note);

  TraceOptions options_;
  TraceSummary summary_;
  CycleClock clock_;
  VcdWriter writer_;  // after what may refuse: a refused trace touches no disk
  SignalTimeline timeline_;
  std::vector<lpu::QueueId> queue_of_track_;
  std::vector<QueueVars> queues_;
  std::vector<RegisterVars> registers_;
  VcdWriter::Var clock_var_ = 0;
  VcdWriter::Var cycle_var_ = 0;
  std::int64_t now_ = 0;   // latest issue
  std::int64_t next_ = 0;  // first cycle not written
  bool finished_ = false;
};

}  // namespace metronome::waveforms
