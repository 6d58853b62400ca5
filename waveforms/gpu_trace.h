// SPDX-License-Identifier: Apache-2.0
// A run of a GPU as a waveform, VCD or FST. Recorded below the scope `gpu`:
//
//   clock, cycle                    cycles of the SMs since the run began
//   dispatcher.kernel               which kernel runs, `-` in a launch gap (string); `running`
//   sm_0.resident_ctas
//   sm_0.sub_core_0.op              mnemonic of what was issued, while its unit takes it in; `-`
//                                   else (string). So `warp` and `pc`, z else, and `operands`
//   sm_0.sub_core_0.stall           what the issue slot is spent on: `issued`, or why not (string)
//   sm_0.sub_core_0.op_code         op, stall and DRAM's access as numbers, by first appearance;
//                                   the viewers' tables name them
//   sm_0.memory_stage.shared_passes passes over the banks of the shared access under way, and its
//                                   `shared_warp`
//   sm_0.l1.hits                    sectors found in this cycle; so merges, misses, writes,
//   replies,
//                                   and in requests atomics and acks, of writes and atomics
//   sm_0.l1.line                    address of the line of the cycle's last event, z else
//   sm_0.l1.mshrs                   sectors asked for that have not come yet
//   l2.slice_0.requests             served in this cycle; so hits, misses, far_reads, and `line`
//   l2.slice_0.queue                requests that wait; `mshrs`: misses on their way
//   dram.channel_0.access           `read.row_hits`: what was placed on the bus, or which row was
//                                   opened, in this cycle (string), with `bank` and `row`
//   dram.channel_0.queue            requests that wait for the channel
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hw/common/observer.h"
#include "waveforms/activity.h"
#include "waveforms/cycle_writer.h"
#include "waveforms/gpu_signals.h"
#include "waveforms/trace_options.h"

namespace metronome::waveforms {

/// What a trace holds, for the viewer set-up and for reports.
struct GpuTraceSummary : TraceFacts {
  std::vector<std::string> components;                    // paths of those recorded, `sm_0.l1`
  Activity activity;                                      // by index in `components`
  std::vector<std::int64_t> events;                       // in the window, by the same index
  std::map<std::string, std::vector<std::string>> codes;  // by signal, by number
};

class GpuTrace : public hw::Observer {
 public:
  /// `gpu` names the machine, `origin` is the cycle from which the trace counts, `default_sm` the
  /// SM that is recorded without a filter: one that has work.
  GpuTrace(const std::filesystem::path& path, std::string gpu, std::int64_t clock_hz,
           std::int64_t origin, TraceOptions options, int default_sm = 0);
  /// As break_off().
  ~GpuTrace() override;

  void on_track(hw::TrackId track, std::string_view path) override;
  /// The first question opens the file: all tracks are named then.
  /// Errors: UserError as LpuTrace.
  bool wants(hw::TrackId track) override;
  void on_issue(const hw::IssueEvent& /*event*/) override {}
  void on_stream(const hw::StreamEvent& /*event*/) override {}
  void on_activity(const hw::ActivityEvent& event) override;
  void on_end(std::int64_t cycle) override { finish(cycle); }

  /// The run ended in `cycle` of the machine, whose start is the last time stamp.
  /// Errors: UserError as LpuTrace.
  void finish(std::int64_t cycle);
  /// Completes the file of a run that broke off: the last cycle it has seen is the last recorded.
  void break_off() noexcept;

  /// Whether what comes after `cycle` of the machine is recorded.
  bool needs(std::int64_t cycle) const;

  const GpuTraceSummary& summary() const { return summary_; }

 private:
  struct Value {
    std::int64_t number = 0;
    std::string text;
    bool operator==(const Value&) const = default;
  };
  struct Cell {
    WaveWriter::Var var = 0;
    WaveWriter::Var code_var = 0;
    GpuSignal signal{};
    Value now;
    Value shown;
    std::int64_t set_in = -1;
    std::int64_t until = 0;  // at rest from there on; 0: not by itself
  };
  struct Component {
    GpuComponent kind = GpuComponent::kNone;
    std::size_t first_cell = 0;
  };
  struct Pending {
    std::vector<std::pair<std::size_t, GpuChange>> changes;  // of cells
    std::vector<std::size_t> ends;                           // cells that may fall to rest
  };

  void open();
  void select();
  void declare();
  static Value rest_of(const GpuSignal& signal);
  void apply(std::int64_t cycle, Pending& pending);
  void apply(std::int64_t cycle, std::size_t cell, GpuChange& change);
  void settle_before_window();
  void put(std::int64_t cycle, bool all);
  void put_cell(Cell& cell, bool all);
  void summarize() noexcept;
  std::uint64_t code_of(const Cell& cell);
  void declare_cell(Cell& cell);

  TraceOptions options_;
  std::string gpu_;
  std::int64_t origin_;
  int default_sm_;
  GpuTraceSummary summary_;
  std::vector<std::string> paths_;            // by track
  std::vector<std::int64_t> index_of_track_;  // in components_; -1 is not recorded
  std::vector<Component> components_;
  std::vector<Cell> cells_;
  std::map<std::int64_t, Pending> pending_;
  std::vector<std::size_t> touched_;
  std::unique_ptr<CycleWriter> cycles_;  // once all tracks are named
};

}  // namespace metronome::waveforms
