// SPDX-License-Identifier: Apache-2.0
// An SM's L1: sectored tags, misses on their way with those that wait for them, and the SM's side
// of the port to the crossbar. Write-through, no line is allocated by a write.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/gpu/coalescer.h"
#include "hw/gpu/conditions.h"
#include "hw/gpu/memory_system.h"
#include "hw/gpu/sectored_tags.h"

namespace metronome::gpu {

/// What a request was for; `id` means what its owner wants it to mean.
struct Waiter {
  enum class Kind : std::uint8_t { kLoad, kStrongLoad, kAtomic, kStore, kBulk };
  Kind kind = Kind::kLoad;
  int id = 0;
};

/// Whoever asks the L1, told what came of it.
class L1Listener {
 public:
  L1Listener() = default;
  L1Listener(const L1Listener&) = delete;
  L1Listener& operator=(const L1Listener&) = delete;
  virtual ~L1Listener() = default;
  /// The home slice takes or changes the value of a strong load or an atomic now.
  virtual void on_value(Waiter waiter, const LinePart& part, Cycle now) = 0;
  /// One part asked for has arrived, or a store has reached the L2.
  virtual void on_part(Waiter waiter, Cycle now) = 0;
  /// Something that was full has room again.
  virtual void on_room(Cycle now) = 0;
};

class L1Cache : public MemoryClient {
 public:
  enum class Answer : std::uint8_t {
    kHit,
    kComing,  // on_part follows
    kFull,    // nothing was done; on_room follows
  };

  L1Cache(L1Listener& listener, int sm, const GpuSpec& spec, Watch& watch, hw::TrackId track);

  void connect(MemorySystem& system) { system_ = &system; }
  void reset(const Conditions& conditions);
  /// Forgets everything and leaves `shared_bytes` of the unified memory to shared memory.
  void start_kernel(std::int64_t shared_bytes);

  Answer read(const LinePart& part, CacheUse use, Waiter waiter, Cycle now);
  Answer write(const LinePart& part, Waiter waiter, Cycle now);
  Answer atomic(const LinePart& part, Waiter waiter, Cycle now);
  bool idle() const { return requests_out_ == 0; }

  void on_service(std::uint32_t token, Cycle now) override;
  void on_reply(std::uint32_t token, Cycle now) override;
  void on_port_free(Cycle now) override { listener_.on_room(now); }

  struct Counts {
    std::int64_t sectors_read = 0;  // asked of L1 by loads and copies
    std::int64_t hits = 0;          // sectors
    std::int64_t merged = 0;        // sectors that were on their way already
    std::int64_t misses = 0;        // sectors that went out, bypassing reads included
    std::int64_t replied = 0;       // sectors that came in
    std::int64_t sectors_written = 0;
    std::int64_t atomics = 0;
    std::int64_t full = 0;  // times a full table or port was met
  };
  const Counts& counts() const { return counts_; }

 private:
  struct Request {
    LinePart part;
    Waiter::Kind kind = Waiter::Kind::kLoad;
    bool fills = false;
    int first_waiter = -1;
    int waiters = 0;
    int next_in_bucket = -1;
  };
  struct WaiterLink {
    Waiter waiter;
    int next = -1;
  };

  Answer miss(const LinePart& part, CacheUse use, Waiter waiter, Cycle now);
  Answer merge(Request& request, Waiter waiter);
  Answer send(const LinePart& part, Access access, bool strong, bool fills, Waiter waiter,
              Cycle now);
  bool has_room(int sectors, Cycle now);
  void add_waiter(Request& request, Waiter waiter);
  int find_coming(Address line, std::uint8_t sectors) const;
  void unlink(int id);
  void fill(const LinePart& part);
  std::size_t bucket(Address line) const {
    return static_cast<std::size_t>(line / line_bytes_) % kBuckets;
  }
  void tell(std::string_view kind, const LinePart& part, std::int64_t amount, Cycle now) const;
  void tell_mshrs(Cycle now) const;

  static constexpr std::size_t kBuckets = 256;

  L1Listener& listener_;
  int sm_;
  const GpuSpec& spec_;
  Address line_bytes_;
  Watch& watch_;
  hw::TrackId track_;
  MemorySystem* system_ = nullptr;
  SectoredTags tags_;
  bool caches_ = true;
  bool limits_ = true;
  std::vector<Request> requests_;
  std::vector<int> free_requests_;
  std::vector<WaiterLink> links_;
  std::vector<int> free_links_;
  std::vector<int> buckets_;
  int sectors_out_ = 0;   // reads
  int requests_out_ = 0;  // of all kinds
  Counts counts_;
};

}  // namespace metronome::gpu
