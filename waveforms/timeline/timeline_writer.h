// SPDX-License-Identifier: Apache-2.0
// What a timeline is made of, whatever its format: rows that hang below each other, slices and
// values on them, arrows between slices. Slices of a row must nest or be disjoint: readers end the
// latest begun.
//
// Time. A cycle is an exact integer; a viewer's time stamp is not, since 900 MHz has no whole
// number of nanoseconds. Each stamp is rounded for itself from its cycle (cycle_clock.h), so
// nothing adds up over a run, and each slice tells its exact `cycle` and `cycles` beside it. Above
// 1 GHz two cycles may share a nanosecond; their slices then have no length, but keep their order.
// Cycles count from the machine's start, so no stamp is negative.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace metronome::waveforms {

using RowId = std::uint32_t;  // from 1 on
inline constexpr RowId kTop = 0;

struct Argument {
  std::string_view name;
  std::variant<std::int64_t, std::string_view> value;
};

/// A value that another slice made: it was on the register `hops` columns before in cycle
/// `visible` and is taken in cycle `taken`, one column a cycle.
struct Input {
  std::uint64_t flow = 0;  // number of the arrow, used once
  bool eastward = true;
  int stream = 0;
  int streams = 1;  // one a byte of the value
  std::int64_t visible = 0;
  std::int64_t taken = 0;
  std::int64_t hops() const { return taken - visible; }
};

struct Slice {
  RowId row = kTop;
  std::int64_t cycle = 0;
  std::int64_t cycles = 0;
  std::string_view name;
  std::string_view category;
  std::span<const Argument> arguments{};
  std::span<const std::uint64_t> outputs{};  // arrows that begin here
  std::span<const Input> inputs{};           // arrows that end here
};

/// Which machine a timeline is of.
struct TimelineMachine {
  std::string name;  // `lpu:groq1`
  std::int64_t clock_hz = 0;
};

class TimelineWriter {
 public:
  TimelineWriter() = default;
  TimelineWriter(const TimelineWriter&) = delete;
  TimelineWriter& operator=(const TimelineWriter&) = delete;
  virtual ~TimelineWriter() = default;

  /// Rows below one another are shown by increasing `rank`.
  virtual RowId add_row(std::string_view name, RowId parent, std::int64_t rank) = 0;
  virtual RowId add_counter(std::string_view name, std::string_view unit, RowId parent,
                            std::int64_t rank) = 0;
  virtual void slice(const Slice& slice) = 0;
  virtual void value(RowId counter, std::int64_t cycle, std::int64_t value) = 0;
  /// A remark at `cycle`, for people.
  virtual void note(std::int64_t cycle, std::string_view text) = 0;
  /// Completes the file under its own name. Errors: UserError if the disk did not take it.
  virtual void finish() = 0;
  /// Bytes made so far, before compression.
  virtual std::uint64_t bytes() const = 0;
};

/// "E3", "W16..19"
std::string stream_name(const Input& input);

/// What any format says about its time stamps.
std::string clock_note(const TimelineMachine& machine);

/// Whether `path` asks for rows of warp instructions, which only a GPU has.
bool is_kanata(const std::filesystem::path& path);

/// The format follows the ending: `.json` is Chrome's trace events, `.kanata` Konata's rows of warp
/// instructions, any other the protocol buffers that Perfetto reads; `.gz` behind it compresses.
/// Errors: UserError if the file cannot be made.
std::unique_ptr<TimelineWriter> make_timeline_writer(const std::filesystem::path& path,
                                                     const TimelineMachine& machine);

}  // namespace metronome::waveforms
