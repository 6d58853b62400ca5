// SPDX-License-Identifier: Apache-2.0
#include "hw/gpu/l2_slice.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <bit>

namespace metronome::gpu {
namespace {

enum EventKind : std::uint32_t { kServe, kAnswer };

enum LaneKind : std::size_t { kHome, kCopies, kFromPartner };

/// Lines of others have numbers that no address has, at home here.
constexpr std::uint64_t kOthersLocal = std::uint64_t{1} << 48;

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
  if (conditions.used_before) {
    tags_.occupy(key_of(kOthersLocal, false), spec_.sectors_per_line(), kOthersDirtyPermille,
                 random_);
  }
  limits_ = conditions.on(Mechanism::kMshrLimits);
  bandwidth_ = conditions.on(Mechanism::kSliceBandwidth);
  halves_ = conditions.on(Mechanism::kHalves);
  lanes_ = {};
  turn_ = 0;
  free_at_ = now;
  serve_due_ = false;
  misses_.clear();
  free_misses_.clear();
  buckets_.assign(std::bit_ceil(static_cast<std::size_t>(spec_.l2_mshrs)), kNoMiss);
  counts_ = {};
}

void L2Slice::tell(std::string_view kind, const Transaction& t, std::uint8_t sectors,
                   std::int64_t amount, Cycle now) const {
  if (!watch_.on(track_) || amount == 0) [[likely]]
    return;
  watch_.tell(track_, now, 1, kind,
              fmt::format("line {:#x} sectors {:04b}", t.request.line, sectors), amount);
}

/// Requests that wait.
void L2Slice::tell_queue(Cycle now) const {
  if (!watch_.on(track_)) [[likely]]
    return;
  std::size_t waiting = 0;
  for (const Lane& lane : lanes_) waiting += lane.queue.size();
  watch_.tell_level(track_, now, "l2.queue", static_cast<std::int64_t>(waiting));
}

/// Misses that are on their way.
void L2Slice::tell_mshrs(Cycle now) const {
  if (!watch_.on(track_)) [[likely]]
    return;
  std::int64_t misses = 0;
  for (const Lane& lane : lanes_) misses += lane.misses;
  watch_.tell_level(track_, now, "l2.mshrs", misses);
}

std::size_t L2Slice::lane_of(const Transaction& t) const {
  if (t.from_slice >= 0) return kFromPartner;
  return t.place.slice == index_ ? kHome : kCopies;
}

void L2Slice::arrive(TransactionId id, Cycle now) {
  lanes_[lane_of(fabric_.transaction(id))].queue.push_back(id);
  tell_queue(now);
  serve(now);
}

void L2Slice::on_event(std::uint32_t kind, std::uint32_t a, std::uint64_t /*b*/, Cycle now) {
  if (kind == kAnswer) return answer(a, now);
  serve_due_ = false;
  serve(now);
}

/// What is thrown out may be the partner's to write back.
bool L2Slice::may_evict() const {
  return fabric_.dram_takes_writes(index_) &&
         (partner_ == nullptr || fabric_.dram_takes_writes(partner_->index_));
}

void L2Slice::on_written(Cycle now) {
  retry(now);
  if (partner_ != nullptr) partner_->retry(now);
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
    tell_queue(now);
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
  const bool done =
      t.request.access == Access::kWrite ? handle_write(t, id, now) : handle_read(t, id, copy, now);
  if (done) {
    ++counts_.requests;
    tell("l2.requests", t, t.request.sectors, 1, now);
  }
  return done;
}

/// Reads and atomics: what is missing is asked for, or waited for if it is on its way.
bool L2Slice::handle_read(Transaction& t, TransactionId id, bool copy, Cycle now) {
  const std::uint64_t key = key_of(t.place.local, copy);
  const std::uint8_t wanted = t.request.sectors;
  SectoredTags::Way* way = tags_.touch(key, t.place.local);
  if (way != nullptr) way->guest = false;
  const auto missing = static_cast<std::uint8_t>(way == nullptr ? wanted : wanted & ~way->valid);
  t.missing = 0;
  if (missing != 0 && !join_or_ask(t, id, missing, copy, now)) return false;
  const auto found = static_cast<std::uint8_t>(wanted & ~missing);
  const int hits = std::popcount(found);
  counts_.read_sectors += std::popcount(wanted);
  (copy ? counts_.copy_sectors : counts_.hit_sectors) += hits;
  tell(copy ? "l2.copy_hits" : "l2.hits", t, found, hits, now);
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
  const std::uint64_t key = key_of(t.place.local, copy);
  for (std::uint32_t at = bucket(key); at != kNoMiss; at = misses_[at].next) {
    const Miss& miss = misses_[at];
    if (miss.key != key || (miss.sectors & missing) == 0) continue;
    // The partner, which was asked, has moved the line here and lost it again: lest each wait for
    // the other, it gets the line from DRAM.
    if (miss.far && t.from_slice >= 0) continue;
    if (limits_ && static_cast<std::int64_t>(miss.waiters.size()) >= spec_.l2_merges) return false;
    coming |= miss.sectors;
    bringing[count++] = at;
  }
  const auto unasked = static_cast<std::uint8_t>(missing & ~coming);
  if (unasked != 0 && !ask(t, id, unasked, copy, now)) return false;
  for (std::size_t n = 0; n < count; ++n) {
    misses_[bringing[n]].waiters.push_back(id);
    ++t.missing;
  }
  const auto joined = static_cast<std::uint8_t>(missing & coming);
  const int merged = std::popcount(joined);
  counts_.merged_sectors += merged;
  tell("l2.merges", t, joined, merged, now);
  return true;
}

/// Does the other half have what is missing here? A copy's home is asked in any case, but who asks
/// for the partner does not ask it in turn.
bool L2Slice::partner_holds(const Transaction& t, std::uint8_t sectors, bool copy) {
  if (partner_ == nullptr || !halves_ || t.from_slice >= 0) return false;
  if (copy) return true;
  const SectoredTags::Way* way =
      partner_->tags_.find(partner_key(key_of(t.place.local, false)), t.place.local);
  return way != nullptr && (sectors & ~way->valid) == 0;
}

/// Asks DRAM, or of a copy the far half. False if a table is full.
bool L2Slice::ask(Transaction& t, TransactionId id, std::uint8_t sectors, bool copy, Cycle now) {
  Lane& lane = lanes_[lane_of(t)];
  if (limits_ && lane.misses >= spec_.l2_mshrs) return false;
  const bool far = partner_holds(t, sectors, copy);
  if (!far && limits_ && !(fabric_.dram_has_room(t.place) && may_evict())) return false;
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
  miss.lane = lane_of(t);
  miss.far = far;
  miss.waiters.push_back(id);
  miss.next = bucket(miss.key);
  bucket(miss.key) = at;
  ++lane.misses;
  tell_mshrs(now);
  ++t.missing;
  const int count = std::popcount(sectors);
  if (far) {
    counts_.far_sectors += count;
    tell("l2.far_reads", t, sectors, count, now);
    fabric_.ask_far(t, index_, at, sectors, now);
  } else {
    counts_.missed_sectors += count;
    tell("l2.misses", t, sectors, count, now);
    fabric_.read_dram(t.place, index_, at, count, now);
  }
  return true;
}

/// The line's way, made if it is not there.
SectoredTags::Way& L2Slice::insert(std::uint64_t key, Cycle now) {
  const std::uint64_t local = key / 2;
  if (SectoredTags::Way* way = tags_.touch(key, local)) return *way;
  std::optional<SectoredTags::Victim> victim;
  SectoredTags::Way& way =
      tags_.insert(key, local, {&random_, spec_.l2_sample_ways, false}, victim);
  if (victim) evict(*victim, now);
  return way;
}

/// A twin's other half stays; the last holder's line moves to the other half, but only once.
void L2Slice::evict(const SectoredTags::Victim& victim, Cycle now) {
  if (partner_ == nullptr || !halves_) return write_back(victim, now);
  if (victim.state.guest) return write_back(victim, now);
  if (!victim.state.twin) return partner_->take_in(victim, now);
  SectoredTags::Way* twin = partner_->tags_.find(partner_key(victim.line), victim.line / 2);
  if (twin == nullptr) return write_back(victim, now);
  twin->twin = false;
  twin->valid |= victim.state.valid;
  twin->dirty |= victim.state.dirty;
}

/// Twins make room before lines that are nowhere else.
void L2Slice::take_in(const SectoredTags::Victim& line, Cycle now) {
  const std::uint64_t key = partner_key(line.line);
  const std::uint64_t local = key / 2;
  std::optional<SectoredTags::Victim> victim;
  SectoredTags::Way* way = tags_.find(key, local);
  if (way == nullptr) {
    way = &tags_.insert(key, local, {&random_, spec_.l2_sample_ways, true}, victim);
    way->guest = true;
  }
  way->valid |= line.state.valid;
  way->dirty |= line.state.dirty;
  if (!victim) return;
  SectoredTags::Way* twin = victim->state.twin
                                ? partner_->tags_.find(partner_key(victim->line), victim->line / 2)
                                : nullptr;
  if (twin == nullptr) return write_back(*victim, now);
  twin->twin = false;
  twin->dirty |= victim->state.dirty;
}

void L2Slice::write_back(const SectoredTags::Victim& line, Cycle now) {
  if (line.state.dirty == 0) return;
  const int sectors = std::popcount(line.state.dirty);
  counts_.written_back_sectors += sectors;
  const bool home = (line.line & 1U) == 0;
  fabric_.write_dram({home ? index_ : partner_->index_, line.line / 2}, sectors, now);
}

/// The line at home as the only one of its kind: what the other half holds of it comes along.
SectoredTags::Way& L2Slice::own(const Transaction& t, Cycle now) {
  const std::uint64_t key = key_of(t.place.local, false);
  SectoredTags::Way& way = insert(key, now);
  if (partner_ == nullptr || !halves_) return way;
  if (const SectoredTags::Way* copy = partner_->tags_.find(partner_key(key), t.place.local)) {
    way.valid |= copy->valid;
    way.dirty |= copy->dirty;
    partner_->tags_.remove(partner_key(key), t.place.local);
  }
  way.twin = false;
  return way;
}

bool L2Slice::handle_write(Transaction& t, TransactionId id, Cycle now) {
  const std::uint64_t key = key_of(t.place.local, false);
  if (limits_ && tags_.find(key, t.place.local) == nullptr && !may_evict()) return false;
  SectoredTags::Way& way = own(t, now);
  way.valid |= t.request.sectors;
  way.dirty |= t.request.sectors;
  counts_.written_sectors += std::popcount(t.request.sectors);
  tell("l2.writes", t, t.request.sectors, std::popcount(t.request.sectors), now);
  timeline_.schedule(now + spec_.l2_cycles, *this, kAnswer, id);
  return true;
}

void L2Slice::unlink(std::uint32_t miss) {
  std::uint32_t* at = &bucket(misses_[miss].key);
  while (*at != miss) at = &misses_[*at].next;
  *at = misses_[miss].next;
}

void L2Slice::fill(std::uint32_t id, Cycle now) {
  Miss& miss = misses_[id];
  SectoredTags::Way& way = insert(miss.key, now);
  way.valid |= miss.sectors;
  if (miss.far) {
    SectoredTags::Way* twin = partner_->tags_.find(partner_key(miss.key), miss.key / 2);
    way.twin = twin != nullptr;
    if (twin != nullptr) twin->twin = true;
  }
  unlink(id);
  const bool from_dram = !miss.far;
  --lanes_[miss.lane].misses;
  tell_mshrs(now);
  answered_.clear();
  answered_.swap(miss.waiters);  // no memory is let go
  free_misses_.push_back(id);
  for (const TransactionId waiter : answered_) {
    if (--fabric_.transaction(waiter).missing == 0) answer(waiter, now);
  }
  retry(now);
  if (from_dram && partner_ != nullptr) partner_->retry(now);  // the channels serve both
}

void L2Slice::answer(TransactionId id, Cycle now) {
  Transaction& t = fabric_.transaction(id);
  const bool atomic = t.request.access == Access::kAtomic;
  if (atomic) {
    SectoredTags::Way& way = own(t, now);
    way.valid |= t.request.sectors;
    way.dirty |= t.request.sectors;
  }
  if (!t.background && (atomic || (t.request.strong && t.request.access == Access::kRead))) {
    fabric_.serve_value(t, now);
  }
  fabric_.answer(id, index_, now);
}

}  // namespace metronome::gpu
