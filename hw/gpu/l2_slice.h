// SPDX-License-Identifier: Apache-2.0
// A slice of the L2: its input queues, sectored tags, and misses on their way. Write-back; a write
// makes its sectors valid without fetching them. A slice is home to some lines. Where the L2 has
// two halves, the slice of the same place in the other half is its partner: each keeps copies of
// the other's lines that its own SMs use, and takes in the last copy of a line that the other
// evicts, so that together they hold what fits in both.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <systemc>
#include <vector>

#include "hw/gpu/clock.h"
#include "hw/gpu/sectored_tags.h"
#include "hw/gpu/timeline.h"
#include "hw/gpu/transaction.h"
#include "hw/gpu/watch.h"

namespace metronome::gpu {

class MemoryFabric;

class L2Slice : public sc_core::sc_module, public Component {
 public:
  L2Slice(const sc_core::sc_module_name& name, int index, const GpuSpec& spec, Timeline& timeline,
          MemoryFabric& fabric, Watch& watch);

  void reset(const Conditions& conditions, Cycle now);
  void arrive(TransactionId id, Cycle now);
  /// The sectors that miss `id` waited for are here.
  void fill(std::uint32_t id, Cycle now);
  /// DRAM has written a line that this slice is home to.
  void on_written(Cycle now);
  /// The slice of the same place in the other half, null where there is none.
  void pair(L2Slice* partner) { partner_ = partner; }
  void on_event(std::uint32_t kind, std::uint32_t a, std::uint64_t b, Cycle now) override;

  struct Counts {
    std::int64_t requests = 0;
    std::int64_t read_sectors = 0;
    std::int64_t hit_sectors = 0;     // at home
    std::int64_t copy_sectors = 0;    // hit in a copy
    std::int64_t missed_sectors = 0;  // asked of DRAM
    std::int64_t far_sectors = 0;     // asked of the far half
    std::int64_t merged_sectors = 0;  // on their way already
    std::int64_t written_sectors = 0;
    std::int64_t written_back_sectors = 0;
    std::int64_t full = 0;  // times the head of the queue found a table full
  };
  const Counts& counts() const { return counts_; }

 private:
  static constexpr std::uint32_t kNoMiss = ~std::uint32_t{0};
  /// Sectors of a line that have been asked for.
  struct Miss {
    std::uint64_t key = 0;
    std::uint8_t sectors = 0;
    std::size_t lane = 0;
    bool far = false;              // asked of the partner
    std::uint32_t next = kNoMiss;  // in its bucket
    std::vector<TransactionId> waiters;
  };

  /// A slice waits for its partner and the partner for it, so what either asks of the other has a
  /// queue and misses of its own, which wait for DRAM alone. So have lines of its own and copies.
  struct Lane {
    std::deque<TransactionId> queue;
    int misses = 0;        // on their way
    bool blocked = false;  // the head finds a table full
  };

  static std::uint64_t partner_key(std::uint64_t key) { return key ^ 1U; }
  static std::uint64_t key_of(std::uint64_t local, bool copy) { return local * 2 + (copy ? 1 : 0); }
  std::size_t lane_of(const Transaction& t) const;
  Lane* next_lane();
  void retry(Cycle now);
  bool may_evict() const;
  void serve(Cycle now);
  bool handle(TransactionId id, Cycle now);
  bool handle_read(Transaction& t, TransactionId id, bool copy, Cycle now);
  bool handle_write(Transaction& t, TransactionId id, Cycle now);
  bool join_or_ask(Transaction& t, TransactionId id, std::uint8_t missing, bool copy, Cycle now);
  bool ask(Transaction& t, TransactionId id, std::uint8_t sectors, bool copy, Cycle now);
  SectoredTags::Way& insert(std::uint64_t key, Cycle now);
  void evict(const SectoredTags::Victim& victim, Cycle now);
  void take_in(const SectoredTags::Victim& line, Cycle now);
  void write_back(const SectoredTags::Victim& line, Cycle now);
  SectoredTags::Way& own(const Transaction& t, Cycle now);
  bool partner_holds(const Transaction& t, std::uint8_t sectors, bool copy);
  std::uint32_t& bucket(std::uint64_t key) { return buckets_[mix(key) & (buckets_.size() - 1)]; }
  void unlink(std::uint32_t miss);
  void answer(TransactionId id, Cycle now);
  void tell(std::string_view kind, const Transaction& t, std::uint8_t sectors, std::int64_t amount,
            Cycle now) const;
  void tell_queue(Cycle now) const;
  void tell_mshrs(Cycle now) const;

  int index_;
  int half_;
  const GpuSpec& spec_;
  Timeline& timeline_;
  MemoryFabric& fabric_;
  L2Slice* partner_ = nullptr;
  bool halves_ = true;
  Watch& watch_;
  hw::TrackId track_;
  SectoredTags tags_;
  Random random_;
  bool limits_ = true;
  bool bandwidth_ = true;
  std::array<Lane, 3> lanes_;  // by LaneKind
  std::size_t turn_ = 0;
  Cycle free_at_ = 0;
  bool serve_due_ = false;
  std::vector<Miss> misses_;
  std::vector<std::uint32_t> free_misses_;
  std::vector<std::uint32_t> buckets_;   // misses by key, chained; a power of two of them
  std::vector<TransactionId> answered_;  // waiters of the miss that has just been filled
  Counts counts_;
};

}  // namespace metronome::gpu
