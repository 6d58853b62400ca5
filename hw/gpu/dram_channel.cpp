// SPDX-License-Identifier: Apache-2.0
#include "hw/gpu/dram_channel.h"

#include <fmt/core.h>

#include <algorithm>

#include "hw/gpu/random.h"

namespace metronome::gpu {
namespace {

constexpr Picoseconds kPerNanosecond = 1000;
constexpr Picoseconds kBatchBursts = 1;  // committed beyond the window at one go, to save events
constexpr Picoseconds kLongAgo = -1'000'000'000;
constexpr std::uint64_t kForeignRow = ~std::uint64_t{0} - 1;  // left open by somebody else

}  // namespace

DramChannel::DramChannel(const sc_core::sc_module_name& name, int index, const GpuSpec& spec,
                         Timeline& timeline, DramListener& listener, Watch& watch)
    : sc_core::sc_module(name),
      index_(index),
      spec_(spec),
      timeline_(timeline),
      listener_(listener),
      watch_(watch),
      track_(watch.track(fmt::format("dram.channel_{}", index))),
      lookahead_(spec.rp_ps + spec.rcd_ps + spec.cl_ps),
      banks_(static_cast<std::size_t>(spec.dram_banks)),
      group_cas_(static_cast<std::size_t>(spec.bank_groups)) {}

void DramChannel::reset(const Conditions& conditions, const Clock& clock, Cycle now) {
  clock_ = &clock;
  rows_ = conditions.on(Mechanism::kRows);
  refreshes_ = conditions.on(Mechanism::kRefresh);
  turns_ = conditions.on(Mechanism::kTurnaround);
  reorders_ = conditions.on(Mechanism::kReordering);
  const Picoseconds time = clock.at(now);
  const auto channel = static_cast<std::uint64_t>(index_);
  Random rows(mix(conditions.seed(Cause::kRows), channel));
  Random phase(mix(conditions.seed(Cause::kRefresh), channel));
  const auto first =
      static_cast<Picoseconds>(phase.below(static_cast<std::uint64_t>(spec_.refi_ps)));
  for (std::size_t b = 0; b < banks_.size(); ++b) {
    Bank bank;
    bank.row = rows.below(2) == 0 ? kClosed : kForeignRow;
    bank.act_ready = bank.pre_ready = bank.cas_ready = time;
    const Picoseconds step = spec_.refresh_per_bank != 0
                                 ? spec_.refi_ps / spec_.dram_banks * static_cast<Picoseconds>(b)
                                 : 0;
    bank.refresh = time + (first + step) % spec_.refi_ps;
    banks_[b] = bank;
  }
  group_cas_.assign(group_cas_.size(), kLongAgo);
  activates_.fill(kLongAgo);
  next_activate_ = 0;
  last_activate_ = last_cas_ = write_end_ = kLongAgo;
  bus_free_ = time;
  last_write_ = draining_ = false;
  reads_.clear();
  writes_.clear();
  armed_ = -1;
  counts_ = {};
}

void DramChannel::add(const DramRequest& request, Cycle now) {
  (request.write ? writes_ : reads_).push_back({request, clock_->at(now)});
  tell_queue(now);
  wake(now, bus_free_ - lookahead_);
}

void DramChannel::wake(Cycle now, Picoseconds when) {
  const Cycle cycle = std::max(now, clock_->cycle_at(std::max<Picoseconds>(when, 0)));
  if (armed_ >= 0 && armed_ <= cycle) return;
  armed_ = cycle;
  timeline_.schedule(cycle, *this, 0);
}

void DramChannel::on_event(std::uint32_t /*kind*/, std::uint32_t /*a*/, std::uint64_t /*b*/,
                           Cycle now) {
  if (armed_ != now) return;
  armed_ = -1;
  commit(now);
}

/// Reads go first, until enough writes wait that the bus is turned for all of them.
std::vector<DramChannel::Pending>& DramChannel::side(Picoseconds now) {
  const auto high = static_cast<std::size_t>(spec_.dram_queue_entries / 2);
  if (writes_.empty()) draining_ = false;
  const bool aged =
      !writes_.empty() && now - writes_.front().arrival > spec_.dram_age_cap_ns * kPerNanosecond;
  if (writes_.size() >= high || reads_.empty() || aged) draining_ = !writes_.empty();
  return draining_ ? writes_ : reads_;
}

/// Refreshes that have begun by `now`, as far as the bank has not seen them.
void DramChannel::refresh_until(Bank& bank, Picoseconds now) {
  while (refreshes_ && bank.refresh <= now) {
    bank.row = kClosed;
    bank.act_ready = std::max(bank.act_ready, bank.refresh + spec_.rfc_ps);
    bank.refresh += spec_.refi_ps;
    ++counts_.refreshes;
  }
}

/// When the data bus can begin to carry a burst of this direction.
Picoseconds DramChannel::bus_ready(bool write) const {
  if (!turns_ || write == last_write_) return bus_free_;
  if (write) return bus_free_ + spec_.rtw_ps;
  return std::max(bus_free_, write_end_ + spec_.wtr_ps + spec_.cl_ps);
}

DramChannel::Burst DramChannel::plan(const DramRequest& request, Picoseconds now) const {
  const Bank& bank = banks_[static_cast<std::size_t>(request.bank)];
  Burst burst;
  Picoseconds cas = 0;
  if (!rows_ || bank.row == request.row) {
    cas = std::max(now, bank.cas_ready);
  } else {
    Picoseconds act = std::max(now, bank.act_ready);
    if (bank.row != kClosed) {
      burst.conflict = true;
      act = std::max(now, bank.pre_ready) + spec_.rp_ps;
    }
    act = std::max({act, last_activate_ + spec_.rrd_ps, activates_[next_activate_] + spec_.faw_ps});
    burst.act = act;
    cas = act + spec_.rcd_ps;
  }
  cas =
      std::max({cas, last_cas_ + spec_.ccd_s_ps, group_cas_[group(request.bank)] + spec_.ccd_l_ps});
  burst.data = std::max(cas + spec_.cl_ps, bus_ready(request.write));
  return burst;
}

/// The row hit whose data can flow first, else the request whose data can; while requests have
/// waited too long, only of those.
std::size_t DramChannel::pick(const std::vector<Pending>& queue, Picoseconds now) const {
  if (!reorders_ || queue.size() == 1) return 0;
  const Picoseconds too_old = now - spec_.dram_age_cap_ns * kPerNanosecond;
  std::size_t end = 0;
  while (end < queue.size() && queue[end].arrival < too_old) ++end;
  if (end == 0) end = queue.size();
  const Picoseconds bus = bus_ready(queue.front().request.write);
  std::size_t best = 0;
  Picoseconds best_data = 0;
  bool best_hit = false;
  for (std::size_t n = 0; n < end; ++n) {
    const DramRequest& r = queue[n].request;
    const bool hit = !rows_ || banks_[static_cast<std::size_t>(r.bank)].row == r.row;
    if (best_hit && !hit) continue;
    const Picoseconds data = plan(r, now).data;
    if (n > 0 && hit == best_hit && data >= best_data) continue;
    best = n;
    best_data = data;
    best_hit = hit;
    if (hit && data <= bus) break;  // none can be earlier
  }
  return best;
}

/// Opens the row of `request`, whose bank has another or none, no earlier than `now`.
void DramChannel::activate(const DramRequest& request, const Burst& burst) {
  Bank& bank = banks_[static_cast<std::size_t>(request.bank)];
  activates_[next_activate_] = burst.act;
  next_activate_ = (next_activate_ + 1) % activates_.size();
  last_activate_ = burst.act;
  bank.row = request.row;
  bank.cas_ready = burst.act + spec_.rcd_ps;
  bank.pre_ready = burst.act + spec_.ras_ps;
  bank.act_ready = bank.pre_ready + spec_.rp_ps;
  bank.fresh = true;
  ++(burst.conflict ? counts_.row_conflicts : counts_.row_opens);
}

/// Rows that nobody in the queue needs any more make way for the oldest request that needs their
/// bank, while data of others still flow.
void DramChannel::open_rows(const std::vector<Pending>& queue, Picoseconds now) {
  if (!rows_ || !reorders_) return;
  std::uint64_t wanted[4] = {};  // banks that some request finds open
  const auto bit = [](int bank) { return std::uint64_t{1} << (bank % 64); };
  for (const Pending& p : queue) {
    const DramRequest& r = p.request;
    if (banks_[static_cast<std::size_t>(r.bank)].row == r.row) wanted[r.bank / 64] |= bit(r.bank);
  }
  for (const Pending& p : queue) {
    const DramRequest& r = p.request;
    if ((wanted[r.bank / 64] & bit(r.bank)) != 0) continue;
    wanted[r.bank / 64] |= bit(r.bank);
    const Burst burst = plan(r, now);
    if (burst.act > now + spec_.rp_ps) continue;
    activate(r, burst);
    if (watch_.on(track_)) [[unlikely]]
      tell(r, burst, clock_->cycle_at(burst.act));
  }
}

void DramChannel::place(const DramRequest& request, const Burst& burst) {
  Bank& bank = banks_[static_cast<std::size_t>(request.bank)];
  if (burst.act >= 0) activate(request, burst);
  if (!bank.fresh) ++counts_.row_hits;
  bank.fresh = false;
  const Picoseconds cas = burst.data - spec_.cl_ps;
  const Picoseconds end = burst.data + spec_.burst_ps;
  bank.cas_ready = std::max(bank.cas_ready, cas);
  const Picoseconds done = request.write ? end + spec_.wr_ps : cas + spec_.rtp_ps;
  bank.pre_ready = std::max(bank.pre_ready, done);
  bank.act_ready = std::max(bank.act_ready, bank.pre_ready + spec_.rp_ps);
  group_cas_[group(request.bank)] = cas;
  last_cas_ = cas;
  bus_free_ = end;
  if (request.write != last_write_) ++counts_.turnarounds;
  last_write_ = request.write;
  if (request.write) write_end_ = end;
  ++(request.write ? counts_.writes : counts_.reads);
}

void DramChannel::tell(const DramRequest& request, const Burst& burst, Cycle cycle) const {
  const char* kind = burst.act < 0    ? "dram.row_hits"
                     : burst.conflict ? "dram.row_conflicts"
                                      : "dram.row_opens";
  watch_.tell(track_, cycle, 1, kind,
              fmt::format("{} bank {} row {}", request.write ? "write" : "read", request.bank,
                          request.row));
}

void DramChannel::tell_burst(const DramRequest& request, const Burst& burst, Cycle now) const {
  const Cycle begin = std::max(now, clock_->cycle_at(burst.data));
  const Cycle end = clock_->cycle_at(burst.data + spec_.burst_ps);
  watch_.tell(track_, begin, std::max<Cycle>(1, end - begin),
              request.write ? "dram.bytes_written" : "dram.bytes_read",
              fmt::format("bank {} row {}", request.bank, request.row), spec_.burst_bytes);
}

void DramChannel::tell_queue(Cycle now) const {
  if (!watch_.on(track_)) [[likely]]
    return;
  watch_.tell_level(track_, now, "dram.queue",
                    static_cast<std::int64_t>(reads_.size() + writes_.size()));
}

/// Banks as the requests of `queue` find them.
void DramChannel::prepare(const std::vector<Pending>& queue, Picoseconds now) {
  for (const Pending& p : queue) {
    refresh_until(banks_[static_cast<std::size_t>(p.request.bank)], now);
  }
  open_rows(queue, now);
}

void DramChannel::commit(Cycle now) {
  const Picoseconds time = clock_->at(now);
  const Picoseconds horizon = time + lookahead_ + kBatchBursts * spec_.burst_ps;
  const std::vector<Pending>* prepared = nullptr;
  while (!reads_.empty() || !writes_.empty()) {
    if (bus_free_ > horizon) return wake(now + 1, bus_free_ - lookahead_);
    std::vector<Pending>& queue = side(time);
    if (prepared != &queue) {
      prepared = &queue;
      prepare(queue, time);
    }
    const std::size_t at = pick(queue, time);
    DramRequest& request = queue[at].request;
    const Burst burst = plan(request, time);
    const bool first = banks_[static_cast<std::size_t>(request.bank)].fresh;
    place(request, burst);
    if (watch_.on(track_)) [[unlikely]] {
      if (!first) tell(request, burst, std::max(now, clock_->cycle_at(burst.data)));
      tell_burst(request, burst, now);
    }
    if (--request.bursts > 0) continue;
    const DramRequest done = request;
    queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(at));
    tell_queue(now);
    prepared = nullptr;
    listener_.on_data(done.token, bus_free_, now);
  }
}

}  // namespace metronome::gpu
