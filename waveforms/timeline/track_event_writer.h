// SPDX-License-Identifier: Apache-2.0
// Perfetto's own format: a trace is a sequence of packets, each a message of protocol buffers.
// Texts that come again are sent once and named by number, up to a bound; beyond it they are
// written out, so memory does not grow with the run.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "waveforms/cycle_clock.h"
#include "waveforms/timeline/timeline_file.h"
#include "waveforms/timeline/timeline_writer.h"

namespace metronome::waveforms {

class TrackEventWriter : public TimelineWriter {
 public:
  TrackEventWriter(std::unique_ptr<TimelineFile> file, const TimelineMachine& machine);

  RowId add_row(std::string_view name, RowId parent, std::int64_t rank) override;
  RowId add_counter(std::string_view name, std::string_view unit, RowId parent,
                    std::int64_t rank) override;
  void slice(const Slice& slice) override;
  void value(RowId counter, std::int64_t cycle, std::int64_t value) override;
  void note(std::int64_t cycle, std::string_view text) override;
  void finish() override;
  std::uint64_t bytes() const override { return file_->bytes() + buffer_.size(); }

  /// Texts of each kind that are named by number.
  static constexpr std::size_t kMostTexts = std::size_t{1} << 16;

 private:
  enum class Kind : std::uint8_t { kCategory, kName, kArgument, kText, kCount };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  using Texts = std::unordered_map<std::string, std::uint64_t, Hash, std::equal_to<>>;

  std::uint64_t number_of(Kind kind, std::string_view text);
  void add_name(Kind kind, std::uint32_t number_tag, std::uint32_t text_tag, std::string_view text,
                std::string& out);
  void describe(RowId row, std::string_view name, RowId parent, std::int64_t rank,
                std::string_view description, const std::string* counter);
  void add_argument(const Argument& argument, std::uint32_t tag, std::string& out);
  void add_inputs(std::span<const Input> inputs);
  void put_event(std::int64_t cycle);
  void put(std::string_view packet);

  std::unique_ptr<TimelineFile> file_;
  TimelineMachine machine_;
  CycleClock clock_;
  RowId rows_ = 0;
  std::array<Texts, static_cast<std::size_t>(Kind::kCount)> texts_;
  std::string buffer_;    // packets not yet given to the file
  std::string event_;     // messages in the making, kept for their memory
  std::string interned_;  // texts that the event is the first to name
};

}  // namespace metronome::waveforms
