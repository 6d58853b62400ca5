// SPDX-License-Identifier: Apache-2.0
#include "waveforms/timeline/gpu_timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "hw/isa/error.h"
#include "waveforms/gpu_signals.h"

namespace metronome::waveforms {
namespace {

enum Rank : std::int64_t { kToken = 1, kLayer, kKernel, kCounters };

constexpr std::string_view kStalls = "slots.";
constexpr std::string_view kEnded = ".ended";
constexpr std::string_view kNoWarp = "no_warp";

/// `hits` of `l1.hits`.
std::string_view last_part(std::string_view kind) {
  const std::size_t dot = kind.rfind('.');
  return dot == std::string_view::npos ? kind : kind.substr(dot + 1);
}

/// `blk.3` of `blk.3.attn_q`; nothing where the name has no number.
std::string layer_of(std::string_view kernel) {
  const std::size_t dot = kernel.find('.');
  const std::size_t end = kernel.find('.', dot + 1);
  if (dot == std::string_view::npos || end == std::string_view::npos) return "";
  const std::string_view number = kernel.substr(dot + 1, end - dot - 1);
  const bool digits = !number.empty() && std::all_of(number.begin(), number.end(),
                                                     [](char c) { return c >= '0' && c <= '9'; });
  return digits ? "layer " + std::string(number) : "";
}

}  // namespace

GpuTimeline::GpuTimeline(const std::filesystem::path& path, const gpu::GpuSpec& spec,
                         TimelineOptions options)
    : Timeline(path, {"gpu:" + spec.name, spec.clock_hz}, "gpu", std::move(options)) {
  add_counter("sm.instructions", "warp instructions issued", "instructions");
  add_counter("sm.ctas", "resident CTAs", "CTAs", CycleBuckets::Shows::kLevel);
  add_counter("l1.hits", "L1 hits", "sectors");
  add_counter("l1.misses", "L1 misses", "sectors");
  add_counter("l2.hits", "L2 hits", "sectors");
  add_counter("l2.misses", "L2 misses", "sectors");
  add_counter("dram.bytes_read", "DRAM read", "bytes");
  add_counter("dram.bytes_written", "DRAM written", "bytes");
}

void GpuTimeline::add_counter(std::string_view kind, std::string_view name, std::string_view unit,
                              CycleBuckets::Shows shows) {
  const RowId row = writer().add_counter(name, unit, rows().row_of("counters", kCounters),
                                         static_cast<std::int64_t>(counters_.size()));
  counters_.try_emplace(std::string(kind), writer(), row, kBucketCycles, shows);
}

void GpuTimeline::require_matches() const {
  Timeline::require_matches();
  const std::vector<std::string>& paths = rows().paths();
  if (!is_kanata(summary().path) || paths.empty()) return;
  for (std::size_t track = 0; track < paths.size(); ++track) {
    const bool core = component_of(paths[track]) == GpuComponent::kSubCore;
    if (core && shows(static_cast<hw::TrackId>(track))) return;
  }
  throw UserError(fmt::format(
      "{}: timeline filter: found '{}', but a .kanata file shows warps, of sub-cores only; their "
      "tracks are such as gpu.sm_0.sub_core_0",
      summary().path.string(), fmt::join(options().filters, "', '")));
}

void GpuTimeline::on_activity(const hw::ActivityEvent& event) {
  check(event.track < rows().paths().size(), "timeline", event.cycle,
        fmt::format("an activity on track {}, which was never named", event.track));
  if (event.level >= 0) return;  // how full a queue is, no event of its own
  // What is told ahead may still be far from the run's end.
  if (event.kind == "sm.instructions" || event.kind.ends_with(kEnded)) reach(event.cycle);
  count(event);
  if (event.kind == "sm.ctas" || event.kind == "launches" || event.kind == "runs") {
    return begin(event);
  }
  if (event.kind.ends_with(kEnded)) {
    return end(event, event.kind.substr(0, event.kind.size() - kEnded.size()));
  }
  if (!shows(event.track)) return;
  if (event.kind.starts_with(kStalls)) return stall(event, last_part(event.kind));
  if (!within(event.cycle)) return;
  if (event.kind == "sm.instructions") return instruction(event);
  other(event);
}

void GpuTimeline::count(const hw::ActivityEvent& event) {
  std::int64_t amount = event.amount;
  std::string_view kind = event.kind;
  if (kind.ends_with(kEnded)) {
    kind.remove_suffix(kEnded.size());
    amount = -amount;
  }
  const auto found = counters_.find(shown_as(kind));
  if (found == counters_.end() || event.cycle > options().last_cycle) return;
  CycleBuckets& buckets = found->second;
  if (within(event.cycle)) {
    buckets.add(event.cycle, amount);
  } else if (buckets.shows() == CycleBuckets::Shows::kLevel) {
    buckets.add(options().first_cycle, amount);  // stands when the window begins
  }
}

void GpuTimeline::instruction(const hw::ActivityEvent& event) {
  const ActivityText text = read_activity(event.text);
  std::vector<Argument> arguments = text.numbers;
  arguments.push_back({"instruction", text.rest});
  const Stall before = event.track < stalls_.size() ? stalls_[event.track] : Stall{};
  if (before.end == event.cycle && before.reason != kNoWarp) {
    arguments.push_back({"stalled", before.end - before.first});
    arguments.push_back({"stalled_for", std::string_view(before.reason)});
  }
  const std::int64_t cycles = std::max<std::int64_t>(1, event.duration_cycles);
  const RowId row = rows().place(event.track, "issue", event.cycle, cycles);
  write({row, event.cycle, cycles, text.first_word(), "issue", arguments});
}

/// A sub-core looks again and again while it waits: one slice for all of it.
void GpuTimeline::stall(const hw::ActivityEvent& event, std::string_view reason) {
  if (stalls_.size() <= event.track) stalls_.resize(event.track + std::size_t{1});
  Stall& last = stalls_[event.track];
  const std::int64_t end = event.cycle + event.duration_cycles;
  if (last.end == event.cycle && last.reason == reason) {
    last.end = end;
    return;
  }
  write_stall(event.track, last);
  last = {event.cycle, end, std::string(reason)};
}

void GpuTimeline::write_stall(hw::TrackId track, const Stall& stall) {
  if (stall.end < 0 || stall.reason == kNoWarp || !within(stall.first)) return;
  const RowId row = rows().place(track, "stalls", stall.first, stall.end - stall.first);
  write({row, stall.first, stall.end - stall.first, stall.reason, "stall"});
}

void GpuTimeline::begin(const hw::ActivityEvent& event) {
  std::vector<bool>& lanes = lanes_[fmt::format("{} {}", event.track, event.kind)];
  const auto free = std::find(lanes.begin(), lanes.end(), false);
  const auto lane = static_cast<std::size_t>(free - lanes.begin());
  if (free == lanes.end()) lanes.push_back(false);
  lanes[lane] = true;
  open_.emplace(fmt::format("{} {} {}", event.track, event.kind, event.text),
                Open{event.cycle, lane});
}

void GpuTimeline::end(const hw::ActivityEvent& event, std::string_view kind) {
  const std::string key = fmt::format("{} {} {}", event.track, kind, event.text);
  const auto found = open_.lower_bound(key);
  if (found == open_.end() || found->first != key) return;  // begun before anybody watched
  const Open open = found->second;
  open_.erase(found);
  lanes_[fmt::format("{} {}", event.track, kind)][open.lane] = false;
  if (kind == "sm.ctas") return end_cta(event, open);
  if (kind == "launches") return end_kernel(event, open.first);
  end_layer();
  const Argument arguments[] = {{"position", position()}};
  write_span("token", kToken, open.first, event.cycle, fmt::format("token {}", position()),
             arguments);
}

void GpuTimeline::end_cta(const hw::ActivityEvent& event, const Open& cta) {
  if (!shows(event.track) || event.cycle < options().first_cycle ||
      cta.first > options().last_cycle) {
    return;
  }
  const std::string& sm = rows().paths()[event.track];
  const std::string path =
      cta.lane == 0 ? sm + ".ctas" : fmt::format("{}.ctas {}", sm, cta.lane + 1);
  const ActivityText text = read_activity(event.text);
  const std::int64_t cycles = event.cycle - cta.first;
  write({rows().row_of(path, TimelineRows::rank_of(event.track)), cta.first, cycles, event.text,
         "cta", text.numbers});
}

void GpuTimeline::end_kernel(const hw::ActivityEvent& event, std::int64_t first) {
  const std::string_view name = event.text.substr(0, event.text.find(' '));
  const ActivityText text = read_activity(event.text);  // the name, followed by a number of CTAs
  const Argument ctas[] = {
      {"ctas", text.numbers.empty() ? decltype(Argument::value){0} : text.numbers.front().value}};
  write_span("kernel", kKernel, first, event.cycle, name, ctas);
  const std::string layer = layer_of(name);
  if (layer != layer_.name) {
    end_layer();
    layer_ = {layer, first, event.cycle};
  }
  layer_.end = event.cycle;
}

void GpuTimeline::end_layer() {
  if (!layer_.name.empty()) {
    write_span("layer", kLayer, layer_.first, layer_.end, layer_.name, {});
  }
  layer_ = {};
}

void GpuTimeline::other(const hw::ActivityEvent& event) {
  const ActivityText text = read_activity(event.text);
  std::vector<Argument> arguments = text.numbers;
  if (!text.rest.empty()) arguments.push_back({"text", text.rest});
  arguments.push_back({"amount", event.amount});
  const std::int64_t cycles = std::max<std::int64_t>(1, event.duration_cycles);
  const RowId row = rows().place(event.track, last_part(event.kind), event.cycle, cycles);
  write({row, event.cycle, cycles, last_part(event.kind), event.kind, arguments});
}

void GpuTimeline::flush(std::int64_t cycle) {
  for (std::size_t track = 0; track < stalls_.size(); ++track) {
    write_stall(static_cast<hw::TrackId>(track), stalls_[track]);
  }
  stalls_.clear();
  end_layer();
  // What has not ended lasts to the end of the run.
  for (auto at = open_.begin(); at != open_.end(); at = open_.begin()) {
    const std::string key = at->first;
    const std::size_t kind = key.find(' ') + 1;
    const std::size_t text = key.find(' ', kind) + 1;
    hw::ActivityEvent event;
    event.track = static_cast<hw::TrackId>(std::stoul(key));
    event.cycle = std::max(cycle, at->second.first);
    event.text = std::string_view(key).substr(text);
    end(event, std::string_view(key).substr(kind, text - kind - 1));
  }
  for (auto& [kind, buckets] : counters_) buckets.flush();
}

}  // namespace metronome::waveforms
