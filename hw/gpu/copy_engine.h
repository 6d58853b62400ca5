// SPDX-License-Identifier: Apache-2.0
// An SM's bulk copy engine: copies runs of lines from global to shared memory by itself and tells
// an mbarrier of the CTA. Lines go out one after another and come back in any order.
#pragma once

#include <cstdint>
#include <deque>

#include "hw/gpu/l1_cache.h"
#include "hw/gpu/lane_memory.h"
#include "hw/gpu/timeline.h"

namespace metronome::gpu {

class Sm;

struct BulkCopy {
  int cta = 0;  // slot
  Address from = 0;
  Address to = 0;  // in the CTA's shared memory
  std::int64_t bytes = 0;
  int mbarrier = 0;
};

class CopyEngine : public Component {
 public:
  CopyEngine(Sm& sm, const GpuSpec& spec, Timeline& timeline, L1Cache& l1, ByteMemory& global);

  void reset(Cycle now);
  void start(const BulkCopy& copy, Cycle now);
  /// A line of copy `id` has arrived.
  void on_line(int id, Cycle now);
  /// Something that had been full has room.
  void on_room(Cycle now);
  bool idle() const { return running_.empty(); }
  void on_event(std::uint32_t kind, std::uint32_t a, std::uint64_t b, Cycle now) override;

 private:
  struct Running {
    int id = 0;
    BulkCopy copy;
    Address next = 0;  // the first line not yet asked for
    int coming = 0;    // lines
  };
  void serve(Cycle now);
  void wake(Cycle when);

  Sm& sm_;
  const GpuSpec& spec_;
  Timeline& timeline_;
  L1Cache& l1_;
  ByteMemory& global_;
  std::deque<Running> running_;  // in order of their start
  int next_id_ = 0;
  int lines_out_ = 0;
  Cycle free_at_ = 0;
  Cycle armed_ = -1;
};

}  // namespace metronome::gpu
