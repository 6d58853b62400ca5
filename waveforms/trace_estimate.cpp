// SPDX-License-Identifier: Apache-2.0
#include "waveforms/trace_estimate.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>

#include "waveforms/cycle_clock.h"
#include "waveforms/signal_timeline.h"
#include "waveforms/trace_signals.h"

namespace metronome::waveforms {

using lpu::ChipSpec;
using lpu::Direction;

namespace {

// Bytes of one line of the file, identifier code of two letters and line end included.
constexpr std::int64_t kBit = 4;
constexpr std::int64_t kOpcode = 10;
constexpr std::int64_t kOperands = 30;
constexpr std::int64_t kIdle = 6 + 13 + 6;  // op, opcode, operands
constexpr std::int64_t kNextDispatch = 19;
constexpr std::int64_t kAddress = 18;
constexpr std::int64_t kBankTurn = 6 + 2 * kBit;  // undriven, and driven again
constexpr std::int64_t kPurpose = 5;              // beside its text
// Leading zeros are not written: 5 bytes for a zero, 132 for random bits. In a decode step, whose
// vectors do not fill superlane 0 always, 37 to 80 were measured; half of the bits are taken.
constexpr std::int64_t kValue = 1 + 64 + 1 + 3;
constexpr std::int64_t kPause = 6 + 2 * kBit;  // undriven, valid down and up
constexpr std::int64_t kNumbers = 26;          // four of them as text
constexpr std::int64_t kByteOf = 16 + 5;       // `byte_1_of_E4`, and `-` after it
// Of the header and the first values.
constexpr std::int64_t kHeader = 700;
constexpr std::int64_t kQueue = 330;
constexpr std::int64_t kSlice = 280;  // more than another queue
constexpr std::int64_t kRegister = 175;

class Estimate {
 public:
  Estimate(const ChipSpec& spec, const TraceOptions& options)
      : spec_(spec),
        options_(options),
        infos_(lpu::queues(spec)),
        recorded_(infos_.size(), false),
        taps_(2 * static_cast<std::size_t>(spec.streams * spec.positions())) {
    const TraceSignals signals = select_signals(spec, options.filters);
    for (const lpu::QueueId queue : signals.queues) {
      recorded_[static_cast<std::size_t>(queue)] = true;
    }
    for (const lpu::QueueId queue : signals.queues) {
      const bool slice = infos_[static_cast<std::size_t>(queue)].unit == lpu::Unit::kMem;
      bytes_ += slice ? kSlice : 0;
    }
    for (const StreamRegister& reg : signals.registers) count_tap(reg);
    bytes_ += kHeader + kQueue * static_cast<std::int64_t>(signals.queues.size()) +
              kRegister * static_cast<std::int64_t>(signals.registers.size());
  }

  void add(const lpu::Program& program) {
    for (const lpu::QueueProgram& queue : program.queues) {
      for (std::size_t i = 0; i < queue.issues.size(); ++i) {
        const lpu::Issue& issue = queue.issues[i];
        const std::int64_t next = i + 1 < queue.issues.size() ? queue.issues[i + 1].cycle : -1;
        add(queue.queue, issue, next);
        if (i == 0 || !same_purpose(queue.issues[i - 1], issue)) {
          add_purpose(program, queue.queue, issue);
        }
      }
    }
    start_ += lpu::total_cycles(program, spec_);
  }

  std::uint64_t total() const {
    const std::int64_t cycles =
        std::max<std::int64_t>(0, std::min(options_.last_cycle, start_) - options_.first_cycle);
    const CycleClock clock(spec_.clock_hz);
    const auto stamp = static_cast<std::int64_t>(std::to_string(clock.start_ps(start_)).size()) + 2;
    const auto count =
        static_cast<std::int64_t>(std::bit_width(static_cast<std::uint64_t>(start_))) + 4;
    return static_cast<std::uint64_t>(bytes_ + cycles * (2 * stamp + 2 * (kBit - 1) + count));
  }

 private:
  std::size_t line(Direction d, int stream, int position) const {
    const int index = (static_cast<int>(d) * spec_.streams + stream) * spec_.positions() + position;
    return static_cast<std::size_t>(index);
  }

  /// Every place upstream of a recorded register passes its values on to it.
  void count_tap(const StreamRegister& reg) {
    const bool east = reg.direction == Direction::kEast;
    const int end = east ? -1 : spec_.positions();
    for (int x = reg.position; x != end; x += east ? -1 : 1) {
      ++taps_[line(reg.direction, reg.stream, x)];
    }
  }

  /// Issues of `issue` inside the window.
  std::int64_t repeats(const lpu::Issue& issue) const {
    const std::int64_t cycle = start_ + lpu::barrier_cycles() + issue.cycle;
    const std::int64_t stride = std::max(issue.stride, 1);
    if (cycle > options_.last_cycle) return 0;
    const std::int64_t before =
        std::max<std::int64_t>(0, (options_.first_cycle - cycle + stride - 1) / stride);
    const std::int64_t until =
        std::min<std::int64_t>(issue.count, (options_.last_cycle - cycle) / stride + 1);
    return std::max<std::int64_t>(0, until - before);
  }

  void add(lpu::QueueId queue, const lpu::Issue& issue, std::int64_t next) {
    const std::int64_t count = repeats(issue);
    if (count == 0) return;
    const lpu::OpcodeInfo& op = lpu::info(issue.instruction.opcode);
    const std::int64_t runs = issue.stride > op.busy_cycles ? count : 1;
    if (recorded_[static_cast<std::size_t>(queue)]) {
      const std::int64_t end = issue.cycle + std::int64_t{issue.stride} * (issue.count - 1);
      const std::int64_t pauses = next == end + op.busy_cycles ? runs - 1 : runs;
      const std::int64_t texts = issue.address_step != 0 ? count : runs;
      const auto name = static_cast<std::int64_t>(op.mnemonic.size()) + 5;
      bytes_ += runs * kOpcode + pauses * (options_.strings ? kIdle : kOpcode + 3);
      if (options_.strings) bytes_ += runs * name + texts * kOperands;
      bytes_ += count * kNextDispatch;
      if (op.unit == lpu::Unit::kMem) bytes_ += texts * kAddress + pauses * kBankTurn;
    }
    add_values(infos_[static_cast<std::size_t>(queue)], issue.instruction, count, runs);
  }

  static bool same_purpose(const lpu::Issue& before, const lpu::Issue& issue) {
    const std::int64_t end = before.cycle + std::int64_t{before.stride} * (before.count - 1);
    return before.stream_program == issue.stream_program && issue.cycle - end <= kShortPause;
  }

  void add_purpose(const lpu::Program& program, lpu::QueueId queue, const lpu::Issue& issue) {
    if (!options_.strings || !recorded_[static_cast<std::size_t>(queue)] || repeats(issue) == 0 ||
        issue.stream_program == lpu::kNoStreamProgram) {
      return;
    }
    const lpu::StreamProgram& s = program.stream_programs[issue.stream_program];
    const std::int64_t runs = issue.stride > kShortPause ? repeats(issue) : 1;
    bytes_ += runs * (2 * kPurpose + static_cast<std::int64_t>(s.op.size() + s.step.size()));
  }

  void add_values(const lpu::QueueInfo& info, const lpu::Instruction& instruction,
                  std::int64_t count, std::int64_t runs) {
    const auto group = lpu::driven_stream(instruction);
    if (!group) return;
    const lpu::Position from =
        info.unit == lpu::Unit::kVxm ? spec_.vxm_result_position(group->direction) : info.position;
    for (int b = 0; b < group->width; ++b) {
      const std::int64_t taps = taps_[line(group->direction, group->first + b, from)];
      bytes_ += taps * (count * kValue + runs * kPause);
      if (options_.strings) bytes_ += taps * (b == 0 ? count * kNumbers : runs * kByteOf);
    }
  }

  const ChipSpec& spec_;
  const TraceOptions& options_;
  std::vector<lpu::QueueInfo> infos_;
  std::vector<bool> recorded_;
  std::vector<std::int64_t> taps_;  // recorded registers downstream, [direction, stream, position]
  std::int64_t bytes_ = 0;
  std::int64_t start_ = 0;  // chip time at which the next program's Notify comes
};

}  // namespace

std::uint64_t estimate_bytes(std::span<const lpu::Program* const> programs,
                             const lpu::ChipSpec& spec, const TraceOptions& options) {
  Estimate estimate(spec, options);
  for (const lpu::Program* program : programs) estimate.add(*program);
  return estimate.total();
}

}  // namespace metronome::waveforms
