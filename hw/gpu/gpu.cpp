// SPDX-License-Identifier: Apache-2.0
#include "hw/gpu/gpu.h"

#include <fmt/core.h>

#include "hw/isa/error.h"

namespace metronome::gpu {
namespace {

GpuSpec checked(const GpuSpec& spec) {
  validate(spec, spec.name);
  return spec;
}

}  // namespace

Gpu::Gpu(const sc_core::sc_module_name& name, const GpuSpec& spec, std::int64_t memory_bytes)
    : sc_core::sc_module(name),
      spec_(checked(spec)),
      memory_(memory_bytes),
      global_(memory_),
      track_(watch_.track("gpu")),
      timeline_("timeline"),
      dispatcher_(spec_, timeline_, watch_) {
  std::vector<MemoryClient*> clients;
  std::vector<Sm*> sms;
  for (int s = 0; s < spec_.sm_count; ++s) {
    sms_.push_back(std::make_unique<Sm>(fmt::format("sm_{}", s).c_str(), s, spec_, timeline_,
                                        global_, dispatcher_, latencies_, watch_));
    sms.push_back(sms_.back().get());
    clients.push_back(&sms_.back()->memory_stage().l1());
  }
  dispatcher_.connect(sms);
  memory_system_ = make_memory_system(spec_, timeline_, std::move(clients), watch_);
  for (Sm* sm : sms) sm->connect(*memory_system_);
  reset(Conditions{});
}

Gpu::~Gpu() = default;

void Gpu::reset(const Conditions& conditions) {
  const Cycle now = timeline_.now();
  timeline_.clear();
  conditions_ = conditions;
  clock_ = std::make_unique<Clock>(spec_.clock_hz, conditions_.clock, now);
  floorplan_ = std::make_unique<Floorplan>(spec_, conditions_);
  dispatcher_.reset(conditions_, *clock_, *floorplan_);
  memory_system_->reset(conditions_, *clock_, *floorplan_, now);
  for (const auto& sm : sms_) sm->reset(conditions_, now);
  latencies_.clear();
  cycles_run_ = 0;
}

RunTiming Gpu::run(std::span<const Launch> launches, LaunchMode mode) {
  check(!stopped_, "gpu", timeline_.now(), "an earlier run was stopped; this GPU is of no use");
  RunTiming timing;
  timing.begin = timeline_.now();
  stopped_ = true;
  const std::string told = fmt::format("{} launches", launches.size());
  if (watch_.on(track_)) [[unlikely]] {
    watch_.tell(track_, timing.begin, 1, "runs", told);
  }
  dispatcher_.begin(launches, mode, timing.begin);
  if (!dispatcher_.done()) {
    memory_system_->start_background(timing.begin);
    timeline_.run([this] {
      return dispatcher_.done() ||
             timeline_.now() - dispatcher_.last_progress() > conditions_.watchdog_cycles;
    });
    memory_system_->stop_background();
    if (!dispatcher_.done()) throw InvariantError(stuck_report());
  }
  timing.end = timeline_.now();
  timing.launches = dispatcher_.timings();
  cycles_run_ += timing.cycles();
  settle();
  if (watch_.on(track_)) [[unlikely]] {
    watch_.tell(track_, timing.end, 1, "runs.ended", told);
  }
  stopped_ = false;
  return timing;
}

double Gpu::seconds(Cycle from, Cycle to) const {
  return static_cast<double>(clock_->at(to) - clock_->at(from)) * 1e-12;
}

void Gpu::settle() {
  for (const auto& sm : sms_) {
    for (const auto& sub_core : sm->sub_cores()) sub_core->settle(timeline_.now());
  }
}

std::string Gpu::told_of(const Sm& sm, const SubCore& sub_core, const Warp& warp) const {
  const Cta& cta = sm.cta(warp.cta);
  // A warp at a barrier has that instruction behind it.
  const std::int32_t pc = warp.pc - (warp.state == WarpState::kAtBarrier ? 1 : 0);
  const Instruction& i = warp.kernel->code[static_cast<std::size_t>(pc)].instruction;
  std::string text = fmt::format("\n  {} warp {}, CTA {} warp {}, instruction {} `{}` {}",
                                 sub_core.path(), warp.index, cta.index, warp.values.warp_in_cta,
                                 pc, to_text(i), sub_core.waits_for(warp, timeline_.now()));
  if (warp.state == WarpState::kAtBarrier) {
    text += fmt::format(" ({} of {} warps have come)", cta.at_barrier, cta.live_warps);
  }
  return text;
}

std::string Gpu::stuck_report() const {
  constexpr int kMostWarps = 8;
  std::string report = fmt::format(
      "gpu: cycle {}: stuck: no store, atomic, barrier or CTA end since cycle {}; {} is running",
      timeline_.now(), dispatcher_.last_progress(),
      dispatcher_.running() != nullptr ? dispatcher_.running()->name : "nothing");
  int all = 0;
  for (const auto& sm : sms_) {
    for (const auto& sub_core : sm->sub_cores()) {
      for (const Warp* warp : sub_core->warps()) {
        if (all++ < kMostWarps) report += told_of(*sm, *sub_core, *warp);
      }
    }
  }
  if (all > kMostWarps) report += fmt::format("\n  and {} warps more", all - kMostWarps);
  return report;
}

std::array<std::int64_t, kStallReasons> Gpu::slot_cycles() const {
  std::array<std::int64_t, kStallReasons> cycles{};
  for (const auto& sm : sms_) {
    for (const auto& sub_core : sm->sub_cores()) {
      for (std::size_t r = 0; r < kStallReasons; ++r) {
        cycles[r] += sub_core->cycles(static_cast<StallReason>(r));
      }
    }
  }
  return cycles;
}

std::int64_t Gpu::instructions_issued() const {
  return slot_cycles()[static_cast<std::size_t>(StallReason::kIssued)];
}

hw::Counters Gpu::counters() const {
  hw::Counters counters;
  counters.push_back({"gpu.cycles", "cycles", "from the first launch to the end", cycles_run_});
  const auto slots = slot_cycles();
  for (std::size_t r = 0; r < kStallReasons; ++r) {
    const StallInfo& reason = info(static_cast<StallReason>(r));
    counters.push_back({fmt::format("slots.{}", reason.name), "cycles",
                        fmt::format("issue slots of all sub-cores: {}", reason.sentence),
                        slots[r]});
  }
  add_sm_counters(counters);
  memory_system_->add_counters(counters);
  return counters;
}

void Gpu::add_sm_counters(hw::Counters& counters) const {
  MemoryStage::Counts stage;
  L1Cache::Counts l1;
  std::array<std::int64_t, kUnits> units{};
  for (const auto& sm : sms_) {
    const auto& s = sm->memory_stage().counts();
    stage.instructions += s.instructions;
    stage.shared_accesses += s.shared_accesses;
    stage.shared_passes += s.shared_passes;
    stage.bank_conflicts += s.bank_conflicts;
    const auto& c = sm->memory_stage().l1().counts();
    l1.sectors_read += c.sectors_read;
    l1.hits += c.hits;
    l1.merged += c.merged;
    l1.misses += c.misses;
    l1.replied += c.replied;
    l1.sectors_written += c.sectors_written;
    l1.atomics += c.atomics;
    l1.full += c.full;
    for (const auto& sub_core : sm->sub_cores()) {
      for (std::size_t u = 0; u < kUnits; ++u) units[u] += sub_core->issued(static_cast<Unit>(u));
    }
  }
  std::int64_t all = 0;
  for (std::size_t u = 0; u < kUnits; ++u) {
    all += units[u];
    counters.push_back({fmt::format("sm.instructions.{}", gpu::name(static_cast<Unit>(u))),
                        "instructions", "warp instructions issued to this unit", units[u]});
  }
  const auto add = [&](const char* name, const char* unit, const char* sentence,
                       std::int64_t value) {
    counters.push_back({name, unit, sentence, value});
  };
  add("sm.instructions", "instructions", "warp instructions issued", all);
  add("shared.accesses", "instructions", "shared loads and stores", stage.shared_accesses);
  add("shared.passes", "passes", "times that banks were read or written", stage.shared_passes);
  add("shared.bank_conflicts", "passes", "of those, beyond a perfect pattern",
      stage.bank_conflicts);
  add("l1.sectors_read", "sectors", "asked for by loads and background copies", l1.sectors_read);
  add("l1.hit_sectors", "sectors", "of those, found in L1", l1.hits);
  add("l1.merged_sectors", "sectors", "of those, already on their way", l1.merged);
  add("l1.missed_sectors", "sectors", "of those, asked of the L2", l1.misses);
  add("l1.replied_sectors", "sectors", "that came from the L2", l1.replied);
  add("l1.sectors_written", "sectors", "stores, through to the L2", l1.sectors_written);
  add("l1.atomics", "requests", "atomics, one for each line touched", l1.atomics);
  add("l1.full", "times", "a table of misses or the port was full", l1.full);
}

}  // namespace metronome::gpu
