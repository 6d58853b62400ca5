// SPDX-License-Identifier: Apache-2.0
// A run of the LPU as a timeline:
//
//   lpu.program.token, .layer, .operator   from the first issue to the last effect
//   lpu.counters                           in each 64 cycles
//   lpu.mem_w.slice_12                     one slice an instruction, as long as it holds the queue
//
// A slice is the issue's occupancy, not its latency: latency is the arrow to whoever takes the
// value. A queue that starts a read and a write in one cycle has the second on a row of its own.
//
// Memory: instructions wait for their arrows until their values have left the chip, a few hundred
// cycles; spans of operators wait for the end of their token. So it is bounded by queues times
// crossing time, and by the program's operators.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "hw/isa/lpu/chip_spec.h"
#include "hw/isa/lpu/opcode.h"
#include "waveforms/timeline/cycle_buckets.h"
#include "waveforms/timeline/program_spans.h"
#include "waveforms/timeline/stream_flows.h"
#include "waveforms/timeline/timeline.h"

namespace metronome::waveforms {

class LpuTimeline : public Timeline {
 public:
  LpuTimeline(const std::filesystem::path& path, const lpu::ChipSpec& spec,
              TimelineOptions options);
  ~LpuTimeline() override { break_off(); }

  void on_program(const hw::ProgramEvent& event) override;
  void on_issue(const hw::IssueEvent& event) override;
  void on_stream(const hw::StreamEvent& event) override;
  void on_sample(const hw::SampleEvent& event) override;

  static constexpr std::int64_t kBucketCycles = 64;

 private:
  void flush(std::int64_t cycle) override;

  /// An instruction whose arrows may not all be known yet.
  struct Waiting {
    hw::TrackId track = 0;
    std::int64_t cycle = 0;
    std::int64_t busy_cycles = 0;
    std::string_view mnemonic;
    std::string operands;
    std::string_view op;
    std::string_view step;
    int layer = -1;
    std::int64_t piece = -1;
    std::vector<std::uint64_t> outputs;
    std::vector<Input> inputs;
  };

  void count(const hw::IssueEvent& event, const lpu::OpcodeInfo* op);
  std::string_view kept(std::string_view text);
  Waiting* waiting(std::int64_t issue);
  void write_until(std::int64_t cycle);
  void write_issue(const Waiting& issue);
  void end_program();

  lpu::ChipSpec spec_;
  StreamFlows flows_;
  std::deque<Waiting> waiting_;
  std::int64_t first_waiting_ = 0;        // number of the front one; issues are numbered in order
  std::vector<std::int64_t> last_issue_;  // by track; kNobody if it is not recorded
  std::uint64_t arrows_ = 0;
  std::set<std::string, std::less<>> texts_;  // of programs: mnemonics, operators, steps
  std::map<std::string, const lpu::OpcodeInfo*, std::less<>> opcodes_;  // by mnemonic

  CycleBuckets instructions_;
  CycleBuckets values_;
  CycleBuckets reads_;
  CycleBuckets writes_;

  ProgramSpans spans_;
  bool running_ = false;
  std::string program_;
  std::int64_t token_ = 0;
  std::int64_t notified_ = 0;
  std::int64_t last_effect_ = 0;
};

}  // namespace metronome::waveforms
