// SPDX-License-Identifier: Apache-2.0
#include "hw/gpu/copy_engine.h"

#include <algorithm>
#include <cstring>

#include "hw/gpu/sm.h"

namespace metronome::gpu {
namespace {

enum EventKind : std::uint32_t { kServe, kDone };

}  // namespace

CopyEngine::CopyEngine(Sm& sm, const GpuSpec& spec, Timeline& timeline, L1Cache& l1,
                       ByteMemory& global)
    : sm_(sm), spec_(spec), timeline_(timeline), l1_(l1), global_(global) {}

void CopyEngine::reset(Cycle now) {
  next_id_ = lines_out_ = 0;
  free_at_ = now;
  armed_ = -1;
}

void CopyEngine::start(const BulkCopy& copy, Cycle now) {
  running_.push_back({next_id_++, copy, copy.from, 0});
  wake(std::max(now + 1, free_at_));
}

void CopyEngine::wake(Cycle when) {
  if (armed_ >= 0 && armed_ <= when) return;
  armed_ = when;
  timeline_.schedule(when, *this, kServe);
}

/// Asks for the next line of the oldest copy that still has one to ask for.
void CopyEngine::serve(Cycle now) {
  const auto line_bytes = static_cast<Address>(spec_.line_bytes);
  const auto at = std::find_if(running_.begin(), running_.end(), [](const Running& r) {
    return r.next < r.copy.from + static_cast<Address>(r.copy.bytes);
  });
  if (at == running_.end() || lines_out_ >= spec_.bulk_entries) return;
  const Address line = at->next / line_bytes * line_bytes;
  const Address end =
      std::min(line + line_bytes, at->copy.from + static_cast<Address>(at->copy.bytes));
  std::uint8_t sectors = 0;
  for (Address s = (at->next - line) / kSectorBytes; line + s * kSectorBytes < end; ++s) {
    sectors = static_cast<std::uint8_t>(sectors | 1U << s);
  }
  const auto answer = l1_.read({line, sectors}, CacheUse::kL2, {Waiter::Kind::kBulk, at->id}, now);
  if (answer == L1Cache::Answer::kFull) return;
  at->next = end;
  ++at->coming;
  ++lines_out_;
  free_at_ = now + spec_.bulk_line_cycles;
  wake(free_at_);
}

void CopyEngine::on_line(int id, Cycle now) {
  const auto at =
      std::find_if(running_.begin(), running_.end(), [id](const Running& r) { return r.id == id; });
  --at->coming;
  --lines_out_;
  const bool all_asked = at->next == at->copy.from + static_cast<Address>(at->copy.bytes);
  if (all_asked && at->coming == 0) {
    timeline_.schedule(now + spec_.bulk_copy_cycles, *this, kDone, static_cast<std::uint32_t>(id));
  }
  on_room(now);
}

void CopyEngine::on_room(Cycle now) {
  if (!running_.empty()) wake(std::max(now, free_at_));
}

void CopyEngine::on_event(std::uint32_t kind, std::uint32_t a, std::uint64_t /*b*/, Cycle now) {
  if (kind == kServe) {
    if (armed_ != now) return;
    armed_ = -1;
    return serve(now);
  }
  const auto at = std::find_if(running_.begin(), running_.end(),
                               [a](const Running& r) { return r.id == static_cast<int>(a); });
  const BulkCopy copy = at->copy;
  running_.erase(at);
  ByteMemory& shared = sm_.shared_memory(copy.cta);
  std::memcpy(shared.bytes(copy.to, copy.bytes), global_.bytes(copy.from, copy.bytes),
              static_cast<std::size_t>(copy.bytes));
  sm_.bulk_arrived(copy.cta, copy.mbarrier, now);
}

}  // namespace metronome::gpu
