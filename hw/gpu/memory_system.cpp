// SPDX-License-Identifier: Apache-2.0
// Wiring of TLB, crossbar, L2 slices and DRAM channels, and the ways between them.
#include "hw/gpu/memory_system.h"

#include <fmt/core.h>

#include <bit>
#include <deque>

#include "hw/gpu/background.h"
#include "hw/gpu/crossbar.h"
#include "hw/gpu/dram_channel.h"
#include "hw/gpu/l2_slice.h"
#include "hw/gpu/tlb.h"

namespace metronome::gpu {

void Crossbar::reset(const GpuSpec& spec, const Conditions& conditions) {
  const bool on = conditions.on(Mechanism::kPorts);
  const auto make = [&](std::vector<Port>& ports, std::int64_t count, std::int64_t bytes) {
    ports.resize(static_cast<std::size_t>(count));
    for (Port& port : ports)
      port.reset(on ? std::max<std::int64_t>(1, bytes / spec.flit_bytes) : 0);
  };
  make(requests, spec.sm_count, spec.sm_port_bytes);
  make(replies, spec.sm_count, spec.sm_port_bytes);
  make(gpcs, spec.gpcs(), spec.gpc_port_bytes);
  make(slices, spec.l2_slices, spec.l2_bytes_per_cycle);
  request_flits = reply_flits = 0;
}

namespace {

enum EventKind : std::uint32_t {
  kEnter,
  kArrive,
  kReplyArrive,
  kDeliver,
  kPortFree,
  kDramArrive,
  kDramData,
  kFarReply
};

class System : public MemorySystem,
               public MemoryFabric,
               public DramListener,
               public Component,
               public TrafficSink {
 public:
  System(const GpuSpec& spec, Timeline& timeline, std::vector<MemoryClient*> clients, Watch& watch)
      : spec_(spec),
        timeline_(timeline),
        clients_(std::move(clients)),
        tlb_(spec),
        background_(spec, timeline, *this) {
    for (int s = 0; s < spec.l2_slices; ++s) {
      slices_.push_back(std::make_unique<L2Slice>(fmt::format("l2_slice_{}", s).c_str(), s, spec,
                                                  timeline, *this, watch));
    }
    for (int s = 0; spec.l2_halves == 2 && s < spec.l2_slices; ++s) {
      slice(s).pair(&slice(partner(s)));
    }
    for (int c = 0; c < spec.pseudo_channels; ++c) {
      channels_.push_back(std::make_unique<DramChannel>(fmt::format("dram_channel_{}", c).c_str(),
                                                        c, spec, timeline, *this, watch));
    }
  }

  void reset(const Conditions& conditions, const Clock& clock, const Floorplan& floorplan,
             Cycle now) override;
  bool can_send(int sm, Cycle now) override;
  void send(const LineRequest& request, Cycle now) override;
  void start_background(Cycle now) override { background_.start(now); }
  void stop_background() override { background_.stop(); }
  void add_counters(hw::Counters& counters) const override;
  void on_event(std::uint32_t kind, std::uint32_t a, std::uint64_t b, Cycle now) override;

  Transaction& transaction(TransactionId id) override { return transactions_[id]; }
  void answer(TransactionId id, int from, Cycle now) override;
  void ask_far(const Transaction& cause, int from, std::uint32_t miss, std::uint8_t sectors,
               Cycle now) override;
  bool dram_has_room(const Place& place) const override {
    return reads_out_[static_cast<std::size_t>(map_->dram(place).channel)] <
           spec_.dram_queue_entries;
  }
  bool dram_takes_writes(int slice) const override {
    return writes_out_[static_cast<std::size_t>(slice)] <
           spec_.dram_queue_entries * spec_.channels_per_slice();
  }
  void read_dram(const Place& place, int slice, std::uint32_t miss, int sectors,
                 Cycle now) override;
  void write_dram(const Place& place, int sectors, Cycle now) override;
  void serve_value(const Transaction& t, Cycle now) override {
    clients_[static_cast<std::size_t>(t.request.sm)]->on_service(t.request.token, now);
  }
  void on_data(std::uint32_t job, Picoseconds time, Cycle now) override;
  void read_line(Address line, Cycle now) override;

 private:
  struct DramJob {
    DramRequest request;
    int channel = 0;
    int slice = 0;
    std::uint32_t miss = 0;
  };

  TransactionId new_transaction();
  std::uint32_t new_job();
  void enter(TransactionId id, Cycle now);
  int slice_for(const Transaction& t) const;
  Cycle distance(const Transaction& t, int slice) const;
  std::int64_t reply_flits(const Transaction& t) const;
  void reply_arrives(TransactionId id, Cycle now);
  void deliver(TransactionId id, Cycle now);
  void to_channel(std::uint32_t job, Cycle now);
  /// The slice of the same place in the other half.
  int partner(int slice) const {
    return static_cast<int>((slice + spec_.slices_per_half()) % spec_.l2_slices);
  }
  L2Slice& slice(int index) { return *slices_[static_cast<std::size_t>(index)]; }
  void add_l2_counters(hw::Counters& counters) const;
  void add_dram_counters(hw::Counters& counters) const;

  const GpuSpec& spec_;
  Timeline& timeline_;
  std::vector<MemoryClient*> clients_;
  Tlb tlb_;
  Background background_;
  std::vector<std::unique_ptr<L2Slice>> slices_;
  std::vector<std::unique_ptr<DramChannel>> channels_;
  Crossbar crossbar_;
  std::unique_ptr<AddressMap> map_;
  const Clock* clock_ = nullptr;
  const Floorplan* floorplan_ = nullptr;
  bool halves_ = true;
  std::deque<Transaction> transactions_;  // references stay good while others are added
  std::vector<TransactionId> free_transactions_;
  std::vector<DramJob> jobs_;
  std::vector<std::uint32_t> free_jobs_;
  std::vector<std::int64_t> reads_out_;   // by channel
  std::vector<std::int64_t> writes_out_;  // by slice: which channel a victim takes is not known
  std::int64_t background_out_ = 0;       // lines on their way to another kernel
  std::vector<std::uint8_t> port_waits_;  // by SM: it has been told to wait
};

void System::reset(const Conditions& conditions, const Clock& clock, const Floorplan& floorplan,
                   Cycle now) {
  clock_ = &clock;
  floorplan_ = &floorplan;
  map_ = std::make_unique<AddressMap>(spec_, conditions);
  halves_ = spec_.l2_halves == 2 && conditions.on(Mechanism::kHalves);
  tlb_.reset(conditions);
  crossbar_.reset(spec_, conditions);
  for (const auto& s : slices_) s->reset(conditions, now);
  for (const auto& c : channels_) c->reset(conditions, clock, now);
  background_.reset(conditions, clock);
  background_out_ = 0;
  transactions_.clear();
  free_transactions_.clear();
  jobs_.clear();
  free_jobs_.clear();
  reads_out_.assign(channels_.size(), 0);
  writes_out_.assign(slices_.size(), 0);
  port_waits_.assign(clients_.size(), 0);
}

TransactionId System::new_transaction() {
  if (free_transactions_.empty()) {
    transactions_.emplace_back();
    return static_cast<TransactionId>(transactions_.size() - 1);
  }
  const TransactionId id = free_transactions_.back();
  free_transactions_.pop_back();
  return id;
}

std::uint32_t System::new_job() {
  if (free_jobs_.empty()) {
    jobs_.emplace_back();
    return static_cast<std::uint32_t>(jobs_.size() - 1);
  }
  const std::uint32_t id = free_jobs_.back();
  free_jobs_.pop_back();
  return id;
}

bool System::can_send(int sm, Cycle now) {
  const auto at = static_cast<std::size_t>(sm);
  const Port& port = crossbar_.requests[at];
  if (port.waiting(now) < spec_.sm_port_queue) return true;
  if (port_waits_[at] == 0) {
    port_waits_[at] = 1;
    timeline_.schedule(port.drained_to(spec_.sm_port_queue - 1), *this, kPortFree,
                       static_cast<std::uint32_t>(sm));
  }
  return false;
}

void System::send(const LineRequest& request, Cycle now) {
  const TransactionId id = new_transaction();
  transactions_[id] = {request, map_->place(request.line), -1, 0, false, 0};
  const Cycle entry = tlb_.translated(request.sm, map_->page(request.line), now);
  if (entry == now) return enter(id, now);
  timeline_.schedule(entry, *this, kEnter, id);
}

/// Reads go to the slice of their own half first; what changes or must be fresh goes home.
int System::slice_for(const Transaction& t) const {
  if (!halves_ || t.request.access != Access::kRead || t.request.strong) return t.place.slice;
  const auto half = static_cast<std::int64_t>(floorplan_->half_of(t.request.sm));
  return static_cast<int>(half * spec_.slices_per_half() + t.place.slice % spec_.slices_per_half());
}

/// Both ways together, the link between the halves included.
Cycle System::distance(const Transaction& t, int slice) const {
  const auto per_half = static_cast<int>(spec_.slices_per_half());
  const Cycle within = floorplan_->distance(t.request.sm, slice % per_half);
  const bool far = halves_ && slice / per_half != floorplan_->half_of(t.request.sm);
  return within + (far ? spec_.l2_far_cycles : 0);
}

void System::enter(TransactionId id, Cycle now) {
  const Transaction& t = transactions_[id];
  const int slice = slice_for(t);
  const std::int64_t flits =
      1 + (t.request.access == Access::kWrite ? std::popcount(t.request.sectors) : 0);
  crossbar_.request_flits += flits;
  const Cycle sent = crossbar_.requests[static_cast<std::size_t>(t.request.sm)].pass(flits, now);
  timeline_.schedule(sent + spec_.request_cycles + distance(t, slice) / 2, *this, kArrive, id,
                     static_cast<std::uint64_t>(slice));
}

std::int64_t System::reply_flits(const Transaction& t) const {
  return t.request.access == Access::kWrite ? 1 : std::popcount(t.request.sectors);
}

void System::answer(TransactionId id, int from, Cycle now) {
  Transaction& t = transactions_[id];
  if (t.background) {
    --background_out_;
    free_transactions_.push_back(id);
    return;
  }
  if (t.from_slice >= 0) {
    timeline_.schedule(now + spec_.l2_far_cycles / 2, *this, kFarReply, id);
    return;
  }
  const std::int64_t flits = reply_flits(t);
  crossbar_.reply_flits += flits;
  const Cycle sent = crossbar_.slices[static_cast<std::size_t>(from)].pass(flits, now);
  const Cycle way = distance(t, from);
  timeline_.schedule(sent + spec_.reply_cycles + way - way / 2, *this, kReplyArrive, id);
}

/// At the SM's side: through the GPC's port and the SM's own. The cycle in which flits pass a free
/// port is part of the way.
void System::reply_arrives(TransactionId id, Cycle now) {
  const Transaction& t = transactions_[id];
  const std::int64_t flits = reply_flits(t);
  const auto gpc = static_cast<std::size_t>(floorplan_->gpc_of(t.request.sm));
  const Cycle through_gpc = crossbar_.gpcs[gpc].pass(flits, now);
  const Cycle there =
      crossbar_.replies[static_cast<std::size_t>(t.request.sm)].pass(flits, through_gpc - 1);
  if (there <= now + 1) return deliver(id, now);
  timeline_.schedule(there - 1, *this, kDeliver, id);
}

void System::deliver(TransactionId id, Cycle now) {
  const LineRequest request = transactions_[id].request;
  free_transactions_.push_back(id);
  clients_[static_cast<std::size_t>(request.sm)]->on_reply(request.token, now);
}

void System::ask_far(const Transaction& cause, int from, std::uint32_t miss, std::uint8_t sectors,
                     Cycle now) {
  Transaction ask = cause;
  ask.request.sectors = sectors;
  ask.request.access = Access::kRead;  // what the cause changes, it changes where it asks from
  ask.request.strong = false;
  ask.background = false;  // the slice that asks waits for it
  ask.from_slice = from;
  ask.miss = miss;
  ask.missing = 0;
  const TransactionId id = new_transaction();
  transactions_[id] = ask;
  timeline_.schedule(now + spec_.l2_far_cycles - spec_.l2_far_cycles / 2, *this, kArrive, id,
                     static_cast<std::uint64_t>(partner(from)));
}

void System::read_dram(const Place& place, int slice, std::uint32_t miss, int sectors, Cycle now) {
  const DramPlace at = map_->dram(place);
  const std::uint32_t job = new_job();
  const auto bursts = static_cast<int>(
      (std::int64_t{sectors} * kSectorBytes + spec_.burst_bytes - 1) / spec_.burst_bytes);
  jobs_[job] = {{job, at.bank, at.row, bursts, false}, at.channel, slice, miss};
  ++reads_out_[static_cast<std::size_t>(at.channel)];
  to_channel(job, now);
}

void System::write_dram(const Place& place, int sectors, Cycle now) {
  const DramPlace at = map_->dram(place);
  const std::uint32_t job = new_job();
  const auto bursts = static_cast<int>(
      (std::int64_t{sectors} * kSectorBytes + spec_.burst_bytes - 1) / spec_.burst_bytes);
  jobs_[job] = {{job, at.bank, at.row, bursts, true}, at.channel, place.slice, 0};
  ++writes_out_[static_cast<std::size_t>(place.slice)];
  to_channel(job, now);
}

void System::to_channel(std::uint32_t job, Cycle now) {
  timeline_.schedule(clock_->after(now, spec_.dram_path_ps / 2), *this, kDramArrive, job);
}

void System::on_data(std::uint32_t job, Picoseconds time, Cycle now) {
  const bool write = jobs_[job].request.write;
  const Picoseconds back = write ? time : time + spec_.dram_path_ps - spec_.dram_path_ps / 2;
  timeline_.schedule(std::max(now, clock_->cycle_at(back)), *this, kDramData, job);
}

/// Another kernel too has only so many requests in flight: two waves, and what the controllers
/// hold.
void System::read_line(Address line, Cycle now) {
  const std::int64_t most =
      2 * Background::kMostLines + spec_.pseudo_channels * spec_.dram_queue_entries;
  if (background_out_ >= most) return;
  ++background_out_;
  const TransactionId id = new_transaction();
  Transaction& t = transactions_[id];
  t = {};
  t.request.line = line;
  t.request.sectors = static_cast<std::uint8_t>((1U << spec_.sectors_per_line()) - 1U);
  t.place = map_->place(line);
  t.background = true;
  slice(t.place.slice).arrive(id, now);
}

void System::on_event(std::uint32_t kind, std::uint32_t a, std::uint64_t b, Cycle now) {
  switch (static_cast<EventKind>(kind)) {
    case kEnter:
      return enter(a, now);
    case kArrive:
      return slice(static_cast<int>(b)).arrive(a, now);
    case kReplyArrive:
      return reply_arrives(a, now);
    case kDeliver:
      return deliver(a, now);
    case kPortFree:
      port_waits_[a] = 0;
      return clients_[a]->on_port_free(now);
    case kDramArrive: {
      const DramJob& job = jobs_[a];
      return channels_[static_cast<std::size_t>(job.channel)]->add(job.request, now);
    }
    case kDramData: {
      const DramJob job = jobs_[a];
      free_jobs_.push_back(a);
      if (job.request.write) {
        --writes_out_[static_cast<std::size_t>(job.slice)];
        return slice(job.slice).on_written(now);
      }
      --reads_out_[static_cast<std::size_t>(job.channel)];
      return slice(job.slice).fill(job.miss, now);
    }
    case kFarReply: {
      const Transaction t = transactions_[a];
      free_transactions_.push_back(a);
      return slice(t.from_slice).fill(t.miss, now);
    }
  }
}

void System::add_counters(hw::Counters& counters) const {
  const Tlb::Counts& tlb = tlb_.counts();
  counters.push_back({"tlb.hits", "accesses", "pages known to the SM's TLB", tlb.hits});
  counters.push_back({"tlb.l2_hits", "accesses", "pages known to the GPU's TLB", tlb.l2_hits});
  counters.push_back({"tlb.walks", "accesses", "page walks", tlb.walks});
  counters.push_back(
      {"crossbar.request_flits", "flits", "from SMs to slices", crossbar_.request_flits});
  counters.push_back(
      {"crossbar.reply_flits", "flits", "from slices to SMs", crossbar_.reply_flits});
  add_l2_counters(counters);
  add_dram_counters(counters);
}

void System::add_l2_counters(hw::Counters& counters) const {
  L2Slice::Counts sum;
  for (const auto& s : slices_) {
    const L2Slice::Counts& c = s->counts();
    sum.requests += c.requests;
    sum.read_sectors += c.read_sectors;
    sum.hit_sectors += c.hit_sectors;
    sum.copy_sectors += c.copy_sectors;
    sum.missed_sectors += c.missed_sectors;
    sum.far_sectors += c.far_sectors;
    sum.merged_sectors += c.merged_sectors;
    sum.written_sectors += c.written_sectors;
    sum.written_back_sectors += c.written_back_sectors;
    sum.full += c.full;
  }
  const auto add = [&](const char* name, const char* unit, const char* sentence,
                       std::int64_t value) {
    counters.push_back({name, unit, sentence, value});
  };
  add("l2.requests", "requests", "lines asked of slices, by SMs and by the far half", sum.requests);
  add("l2.read_sectors", "sectors", "of reads and atomics among them", sum.read_sectors);
  add("l2.hit_sectors", "sectors", "of those, found at home", sum.hit_sectors);
  add("l2.copy_sectors", "sectors", "of those, found in a copy in the near half", sum.copy_sectors);
  add("l2.merged_sectors", "sectors", "of those, already on their way", sum.merged_sectors);
  add("l2.missed_sectors", "sectors", "of those, asked of DRAM", sum.missed_sectors);
  add("l2.far_sectors", "sectors", "of those, asked of the far half", sum.far_sectors);
  add("l2.written_sectors", "sectors", "stores that arrived", sum.written_sectors);
  add("l2.written_back_sectors", "sectors", "dirty sectors that left for DRAM",
      sum.written_back_sectors);
  add("l2.full", "times", "a slice's table of misses or a DRAM queue was full", sum.full);
}

void System::add_dram_counters(hw::Counters& counters) const {
  DramChannel::Counts sum;
  for (const auto& channel : channels_) {
    const DramChannel::Counts& c = channel->counts();
    sum.reads += c.reads;
    sum.writes += c.writes;
    sum.row_hits += c.row_hits;
    sum.row_opens += c.row_opens;
    sum.row_conflicts += c.row_conflicts;
    sum.refreshes += c.refreshes;
    sum.turnarounds += c.turnarounds;
  }
  const auto add = [&](const char* name, const char* unit, const char* sentence,
                       std::int64_t value) {
    counters.push_back({name, unit, sentence, value});
  };
  add("dram.bytes_read", "bytes", "over the data buses", sum.reads * spec_.burst_bytes);
  add("dram.bytes_written", "bytes", "over the data buses", sum.writes * spec_.burst_bytes);
  add("dram.row_hits", "bursts", "their row was open", sum.row_hits);
  add("dram.row_opens", "bursts", "their bank was closed", sum.row_opens);
  add("dram.row_conflicts", "bursts", "another row had to be closed first", sum.row_conflicts);
  add("dram.refreshes", "refreshes", "of banks that were in use", sum.refreshes);
  add("dram.turnarounds", "turnarounds", "of a data bus", sum.turnarounds);
}

}  // namespace

std::unique_ptr<MemorySystem> make_memory_system(const GpuSpec& spec, Timeline& timeline,
                                                 std::vector<MemoryClient*> clients, Watch& watch) {
  return std::make_unique<System>(spec, timeline, std::move(clients), watch);
}

}  // namespace metronome::gpu
