// SPDX-License-Identifier: Apache-2.0
// A counter over time: how much it rose in each bucket of cycles, or where it stands after each.
// Amounts may come out of order, as long as they lie less than `kSlack` before the latest; older
// ones count for the oldest bucket still open, so that the sum stays right and memory stays small.
#pragma once

#include <cstdint>
#include <map>

#include "waveforms/timeline/timeline_writer.h"

namespace metronome::waveforms {

class CycleBuckets {
 public:
  enum class Shows : std::uint8_t { kRise, kLevel };

  /// `row` is a counter of `writer`.
  CycleBuckets(TimelineWriter& writer, RowId row, std::int64_t bucket_cycles,
               Shows shows = Shows::kRise)
      : writer_(writer), row_(row), bucket_cycles_(bucket_cycles), shows_(shows) {}

  void add(std::int64_t cycle, std::int64_t amount) {
    const std::int64_t bucket = cycle / bucket_cycles_;
    open_[bucket < next_ ? next_ : bucket] += amount;
    while (open_.begin()->first * bucket_cycles_ + kSlack < cycle) write_first();
  }
  /// Everything has come.
  void flush() {
    while (!open_.empty()) write_first();
    if (shows_ == Shows::kRise && next_ > 0) write(next_, 0);
  }

  Shows shows() const { return shows_; }

  static constexpr std::int64_t kSlack = 16384;  // cycles

 private:
  void write(std::int64_t bucket, std::int64_t value) {
    writer_.value(row_, bucket * bucket_cycles_, value);
  }
  void write_first() {
    const auto [bucket, amount] = *open_.begin();
    open_.erase(open_.begin());
    if (shows_ == Shows::kRise && bucket > next_ && next_ > 0) write(next_, 0);
    level_ = shows_ == Shows::kRise ? amount : level_ + amount;
    write(bucket, level_);
    next_ = bucket + 1;
  }

  TimelineWriter& writer_;
  RowId row_;
  std::int64_t bucket_cycles_;
  Shows shows_;
  std::map<std::int64_t, std::int64_t> open_;
  std::int64_t level_ = 0;
  std::int64_t next_ = 0;  // first bucket not yet written
};

}  // namespace metronome::waveforms
