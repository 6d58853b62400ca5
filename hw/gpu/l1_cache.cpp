// SPDX-License-Identifier: Apache-2.0
#include "hw/gpu/l1_cache.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>

namespace metronome::gpu {

L1Cache::L1Cache(L1Listener& listener, int sm, const GpuSpec& spec, Watch& watch, hw::TrackId track)
    : listener_(listener),
      sm_(sm),
      spec_(spec),
      line_bytes_(static_cast<Address>(spec.line_bytes)),
      watch_(watch),
      track_(track),
      buckets_(kBuckets, -1) {}

void L1Cache::reset(const Conditions& conditions) {
  caches_ = conditions.on(Mechanism::kL1);
  limits_ = conditions.on(Mechanism::kMshrLimits);
  counts_ = {};
}

void L1Cache::start_kernel(std::int64_t shared_bytes) {
  const std::int64_t ways = spec_.l1_ways;
  const std::int64_t sets =
      std::max<std::int64_t>(1, (spec_.unified_bytes - shared_bytes) / (ways * spec_.line_bytes));
  tags_.reshape(sets, ways);
}

void L1Cache::tell(std::string_view kind, const LinePart& part, std::int64_t amount,
                   Cycle now) const {
  if (!watch_.on(track_)) [[likely]]
    return;
  watch_.tell(track_, now, 1, kind,
              fmt::format("line {:#x} sectors {:04b}", part.line, part.sectors), amount);
}

void L1Cache::tell_mshrs(Cycle now) const {
  if (watch_.on(track_)) [[unlikely]]
    watch_.tell_level(track_, now, "l1.mshrs", sectors_out_);
}

bool L1Cache::has_room(int sectors, Cycle now) {
  const bool mshrs = !limits_ || sectors_out_ + sectors <= spec_.l1_mshrs;
  if (mshrs && system_->can_send(sm_, now)) return true;
  ++counts_.full;
  return false;
}

void L1Cache::add_waiter(Request& request, Waiter waiter) {
  int id = 0;
  if (free_links_.empty()) {
    id = static_cast<int>(links_.size());
    links_.emplace_back();
  } else {
    id = free_links_.back();
    free_links_.pop_back();
  }
  links_[static_cast<std::size_t>(id)] = {waiter, request.first_waiter};
  request.first_waiter = id;
  ++request.waiters;
}

L1Cache::Answer L1Cache::send(const LinePart& part, Access access, bool strong, bool fills,
                              Waiter waiter, Cycle now) {
  int id = 0;
  if (free_requests_.empty()) {
    id = static_cast<int>(requests_.size());
    requests_.emplace_back();
  } else {
    id = free_requests_.back();
    free_requests_.pop_back();
  }
  Request& request = requests_[static_cast<std::size_t>(id)];
  request = {part, waiter.kind, fills, -1, 0, -1};
  add_waiter(request, waiter);
  if (fills) {
    int& head = buckets_[bucket(part.line)];
    request.next_in_bucket = head;
    head = id;
  }
  ++requests_out_;
  system_->send({part.line, part.sectors, access, strong, sm_, static_cast<std::uint32_t>(id)},
                now);
  return Answer::kComing;
}

/// A request that is on its way and brings all of `sectors`, or -1.
int L1Cache::find_coming(Address line, std::uint8_t sectors) const {
  for (int id = buckets_[bucket(line)]; id >= 0;) {
    const Request& r = requests_[static_cast<std::size_t>(id)];
    if (r.part.line == line && (sectors & ~r.part.sectors) == 0) return id;
    id = r.next_in_bucket;
  }
  return -1;
}

void L1Cache::unlink(int id) {
  int* at = &buckets_[bucket(requests_[static_cast<std::size_t>(id)].part.line)];
  while (*at != id) at = &requests_[static_cast<std::size_t>(*at)].next_in_bucket;
  *at = requests_[static_cast<std::size_t>(id)].next_in_bucket;
}

L1Cache::Answer L1Cache::read(const LinePart& part, CacheUse use, Waiter waiter, Cycle now) {
  const int sectors = std::popcount(part.sectors);
  if (use == CacheUse::kAll && caches_) {
    const SectoredTags::Way* way = tags_.touch(part.line, part.line / line_bytes_);
    if (way != nullptr && (part.sectors & ~way->valid) == 0) {
      counts_.sectors_read += sectors;
      counts_.hits += sectors;
      tell("l1.hits", part, sectors, now);
      return Answer::kHit;
    }
  }
  const Answer answer = miss(part, use, waiter, now);
  if (answer != Answer::kFull) counts_.sectors_read += sectors;
  return answer;
}

L1Cache::Answer L1Cache::miss(const LinePart& part, CacheUse use, Waiter waiter, Cycle now) {
  const int sectors = std::popcount(part.sectors);
  const bool fills = use == CacheUse::kAll && caches_;
  if (fills) {
    const int coming = find_coming(part.line, part.sectors);
    if (coming >= 0) {
      Request& request = requests_[static_cast<std::size_t>(coming)];
      if (limits_ && request.waiters >= spec_.l1_merges) {
        ++counts_.full;
        return Answer::kFull;
      }
      add_waiter(request, waiter);
      counts_.merged += sectors;
      tell("l1.merges", part, sectors, now);
      return Answer::kComing;
    }
  }
  if (!has_room(sectors, now)) return Answer::kFull;
  sectors_out_ += sectors;
  counts_.misses += sectors;
  tell("l1.misses", part, sectors, now);
  tell_mshrs(now);
  return send(part, Access::kRead, use == CacheUse::kStrong, fills, waiter, now);
}

L1Cache::Answer L1Cache::write(const LinePart& part, Waiter waiter, Cycle now) {
  if (!has_room(0, now)) return Answer::kFull;
  const int sectors = std::popcount(part.sectors);
  counts_.sectors_written += sectors;
  tell("l1.writes", part, sectors, now);
  return send(part, Access::kWrite, false, false, waiter, now);
}

L1Cache::Answer L1Cache::atomic(const LinePart& part, Waiter waiter, Cycle now) {
  if (!has_room(0, now)) return Answer::kFull;
  counts_.atomics += 1;
  tell("l1.atomics", part, 1, now);
  return send(part, Access::kAtomic, true, false, waiter, now);
}

void L1Cache::on_service(std::uint32_t token, Cycle now) {
  const Request& request = requests_[token];
  const Waiter waiter = links_[static_cast<std::size_t>(request.first_waiter)].waiter;
  listener_.on_value(waiter, request.part, now);
}

void L1Cache::fill(const LinePart& part) {
  const std::uint64_t set = part.line / line_bytes_;
  SectoredTags::Way* way = tags_.touch(part.line, set);
  std::optional<SectoredTags::Victim> clean;  // an L1 holds nothing dirty
  if (way == nullptr) way = &tags_.insert(part.line, set, {}, clean);
  way->valid |= part.sectors;
}

void L1Cache::on_reply(std::uint32_t token, Cycle now) {
  const Request request = requests_[token];
  const int sectors = std::popcount(request.part.sectors);
  const bool asked_for = request.kind != Waiter::Kind::kStore &&
                         request.kind != Waiter::Kind::kAtomic;  // else told that it arrived
  if (asked_for) {
    sectors_out_ -= sectors;
    counts_.replied += sectors;
    tell_mshrs(now);
  }
  if (request.fills) {
    unlink(static_cast<int>(token));
    fill(request.part);
  }
  tell(asked_for ? "l1.replies" : "l1.acks", request.part, asked_for ? sectors : 1, now);
  free_requests_.push_back(static_cast<int>(token));
  --requests_out_;
  for (int id = request.first_waiter; id >= 0;) {
    const WaiterLink link = links_[static_cast<std::size_t>(id)];
    free_links_.push_back(id);
    listener_.on_part(link.waiter, now);
    id = link.next;
  }
  listener_.on_room(now);
}

}  // namespace metronome::gpu
