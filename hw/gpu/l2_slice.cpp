// SPDX-License-Identifier: Apache-2.0
#include "hw/gpu/l2_slice.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <bit>

namespace metronome::gpu {
namespace {

enum EventKind : std::uint32_t { kServe, kAnswer };

}  // namespace

L2Slice::L2Slice(const sc_core::sc_module_name& name, int index, const GpuSpec& spec,
                 Timeline& timeline, MemoryFabric& fabric, Watch& watch)
    : sc_core::sc_module(name),
      index_(index),
      half_(static_cast<int>(index / spec.slices_per_half())),
      spec_(spec),
      timeline_(timeline),
      fabric_(fabric),
      watch_(watch),
      track_(watch.track(fmt::format("l2.slice_{}", index))) {}

void L2Slice::reset(const Conditions& conditions, Cycle now) {
  tags_.reshape(spec_.l2_sets, spec_.l2_ways);
  random_ = Random(mix(conditions.seed(Cause::kCaches), static_cast<std::uint64_t>(index_)));
  limits_ = conditions.on(Mechanism::kMshrLimits);
  bandwidth_ = conditions.on(Mechanism::kSliceBandwidth);
  lanes_ = {};
  turn_ = 0;
  free_at_ = now;
  serve_due_ = false;
  misses_.clear();
  free_misses_.clear();
  coming_.clear();
  counts_ = {};
}

void L2Slice::tell(std::string_view kind, const Transaction& t, Cycle now) const {
  if (!watch_.on()) [[likely]]
    return;
  watch_.tell(track_, now, 1, kind,
              fmt::format("line {:#x} sectors {:04b}", t.request.line, t.request.sectors));
}

void L2Slice::arrive(TransactionId id, Cycle now) {
  const bool copy = fabric_.transaction(id).place.slice != index_;
  lanes_[copy ? 1 : 0].queue.push_back(id);
  serve(now);
}

void L2Slice::on_event(std::uint32_t kind, std::uint32_t a, std::uint64_t /*b*/, Cycle now) {
  if (kind == kAnswer) return answer(a, now);
  serve_due_ = false;
  serve(now);
}

void L2Slice::retry(Cycle now) {
  for (Lane& lane : lanes_) lane.blocked = false;
  serve(now);
}

/// The lanes take turns.
L2Slice::Lane* L2Slice::next_lane() {
  for (std::size_t n = 0; n < lanes_.size(); ++n) {
    Lane& lane = lanes_[(turn_ + n) % lanes_.size()];
    if (lane.queue.empty() || lane.blocked) continue;
    turn_ = (turn_ + n + 1) % lanes_.size();
    return &lane;
  }
  return nullptr;
}

void L2Slice::serve(Cycle now) {
  while (free_at_ <= now) {
    Lane* lane = next_lane();
    if (lane == nullptr) return;
    const TransactionId id = lane->queue.front();
    const int sectors = std::popcount(fabric_.transaction(id).request.sectors);
    if (!handle(id, now)) {
      ++counts_.full;
      lane->blocked = true;
      continue;
    }
    lane->queue.pop_front();
    const std::int64_t bytes = std::int64_t{sectors} * kSectorBytes;
    if (bandwidth_) {
      free_at_ = now + std::max<Cycle>(
                           1, (bytes + spec_.l2_bytes_per_cycle - 1) / spec_.l2_bytes_per_cycle);
    }
  }
  const bool waiting = std::any_of(lanes_.begin(), lanes_.end(), [](const Lane& lane) {
    return !lane.queue.empty() && !lane.blocked;
  });
  if (waiting && !serve_due_) {
    serve_due_ = true;
    timeline_.schedule(free_at_, *this, kServe);
  }
}

bool L2Slice::handle(TransactionId id, Cycle now) {
  Transaction& t = fabric_.transaction(id);
  const bool copy = t.place.slice != index_;
  const bool done = t.request.access == Access::kWrite ? handle_write(t, id, now)
                                                       : handle_read(t, id, copy, now);
  if (done) {
    ++counts_.requests;
    tell("l2.requests", t, now);
  }
  return done;
}

/// Reads and atomics: what is missing is asked for, or waited for if it is on its way.
bool L2Slice::handle_read(Transaction& t, TransactionId id, bool copy, Cycle now) {
  const std::uint64_t key = key_of(t.place.local, copy);
  const std::uint8_t wanted = t.request.sectors;
  SectoredTags::Way* way = tags_.touch(key, t.place.local);
  const auto missing = static_cast<std::uint8_t>(way == nullptr ? wanted : wanted & ~way->valid);
  t.missing = 0;
  if (missing != 0 && !join_or_ask(t, id, missing, copy, now)) return false;
  const int hits = std::popcount(static_cast<std::uint8_t>(wanted & ~missing));
  counts_.read_sectors += std::popcount(wanted);
  (copy ? counts_.copy_sectors : counts_.hit_sectors) += hits;
  if (t.missing > 0) return true;
  timeline_.schedule(now + spec_.l2_cycles, *this, kAnswer, id);
  return true;
}

/// Waits for misses that bring some of `missing`, and asks for the rest.
bool L2Slice::join_or_ask(Transaction& t, TransactionId id, std::uint8_t missing, bool copy,
                          Cycle now) {
  std::array<std::uint32_t, 8> bringing{};  // a line has at most eight sectors
  std::size_t count = 0;
  std::uint8_t coming = 0;
  const auto [from, to] = coming_.equal_range(key_of(t.place.local, copy));
  for (auto at = from; at != to; ++at) {
    const Miss& miss = misses_[at->second];
    if ((miss.sectors & missing) == 0) continue;
    if (limits_ && static_cast<std::int64_t>(miss.waiters.size()) >= spec_.l2_merges) return false;
    coming |= miss.sectors;
    bringing[count++] = at->second;
  }
  const auto unasked = static_cast<std::uint8_t>(missing & ~coming);
  if (unasked != 0 && !ask(t, id, unasked, copy, now)) return false;
  for (std::size_t n = 0; n < count; ++n) {
    misses_[bringing[n]].waiters.push_back(id);
    ++t.missing;
  }
  counts_.merged_sectors += std::popcount(static_cast<std::uint8_t>(missing & coming));
  return true;
}

/// Asks DRAM, or of a copy the far half. False if a table is full.
bool L2Slice::ask(Transaction& t, TransactionId id, std::uint8_t sectors, bool copy, Cycle now) {
  Lane& lane = lanes_[copy ? 1 : 0];
  if (limits_ && lane.misses >= std::max<std::int64_t>(1, spec_.l2_mshrs / spec_.l2_halves)) {
    return false;
  }
  if (!copy && limits_ && !fabric_.dram_has_room(t.place)) return false;
  std::uint32_t at = 0;
  if (free_misses_.empty()) {
    at = static_cast<std::uint32_t>(misses_.size());
    misses_.emplace_back();
  } else {
    at = free_misses_.back();
    free_misses_.pop_back();
  }
  Miss& miss = misses_[at];
  miss.key = key_of(t.place.local, copy);
  miss.sectors = sectors;
  miss.copy = copy;
  miss.used = true;
  miss.waiters.clear();
  miss.waiters.push_back(id);
  coming_.emplace(miss.key, at);
  ++lane.misses;
  ++t.missing;
  const int count = std::popcount(sectors);
  if (copy) {
    counts_.far_sectors += count;
    tell("l2.far_reads", t, now);
    fabric_.ask_far(t, index_, at, sectors, now);
  } else {
    counts_.missed_sectors += count;
    tell("l2.misses", t, now);
    fabric_.read_dram(t.place, at, count, now);
  }
  return true;
}

SectoredTags::Way* L2Slice::insert(std::uint64_t key, bool copy, Cycle now) {
  const std::uint64_t local = key / 2;
  if (SectoredTags::Way* way = tags_.touch(key, local)) return way;
  std::optional<SectoredTags::Victim> victim;
  SectoredTags::Way& way =
      tags_.insert(key, local, copy, &random_, spec_.l2_sample_ways, victim);
  if (victim) {
    const int sectors = std::popcount(victim->dirty);
    counts_.written_back_sectors += sectors;
    fabric_.write_dram({index_, victim->line / 2}, sectors, now);
  }
  return &way;
}

bool L2Slice::handle_write(Transaction& t, TransactionId id, Cycle now) {
  SectoredTags::Way* way = insert(key_of(t.place.local, false), false, now);
  way->valid |= t.request.sectors;
  way->dirty |= t.request.sectors;
  counts_.written_sectors += std::popcount(t.request.sectors);
  fabric_.drop_copies(t.place);
  timeline_.schedule(now + spec_.l2_cycles, *this, kAnswer, id);
  return true;
}

void L2Slice::fill(std::uint32_t id, Cycle now) {
  Miss& miss = misses_[id];
  SectoredTags::Way* way = insert(miss.key, miss.copy, now);
  way->valid |= miss.sectors;
  const auto [from, to] = coming_.equal_range(miss.key);
  coming_.erase(std::find_if(from, to, [id](const auto& entry) { return entry.second == id; }));
  --lanes_[miss.copy ? 1 : 0].misses;
  const std::vector<TransactionId> waiters = std::move(miss.waiters);
  miss.waiters.clear();
  miss.used = false;
  free_misses_.push_back(id);
  for (const TransactionId waiter : waiters) {
    if (--fabric_.transaction(waiter).missing == 0) answer(waiter, now);
  }
  retry(now);
}

void L2Slice::answer(TransactionId id, Cycle now) {
  Transaction& t = fabric_.transaction(id);
  const bool atomic = t.request.access == Access::kAtomic;
  if (atomic) {
    SectoredTags::Way* way = insert(key_of(t.place.local, false), false, now);
    way->valid |= t.request.sectors;
    way->dirty |= t.request.sectors;
    fabric_.drop_copies(t.place);
  }
  if (!t.background && (atomic || (t.request.strong && t.request.access == Access::kRead))) {
    fabric_.serve_value(t, now);
  }
  fabric_.answer(id, index_, now);
}

void L2Slice::drop_copy(std::uint64_t local) { tags_.remove(key_of(local, true), local); }

}  // namespace metronome::gpu
