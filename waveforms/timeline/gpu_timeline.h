// SPDX-License-Identifier: Apache-2.0
// A run of a GPU as a timeline:
//
//   gpu.program.token, .layer, .kernel   from launch to the last store's arrival
//   gpu.counters                         in each 256 cycles
//   gpu.sm_0.ctas                        CTAs from their start to their end, one a row
//   gpu.sm_0.sub_core_1.issue            warp instructions, as long as they hold their unit
//   gpu.sm_0.sub_core_1.stalls           why nothing was issued; nothing where no warp was there
//   gpu.sm_0.l1.hits, gpu.l2.slice_3.misses, gpu.dram.channel_2.bytes_read ...   all activity
//
// A slice's name is its mnemonic or the kind of activity; `amount` is how much the counter of that
// kind rose by it. Time is cycles at the GPU's nominal clock. Memory: what has begun and not ended,
// and the last stall of each sub-core, so it is bounded by the machine.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "hw/isa/gpu/gpu_spec.h"
#include "waveforms/timeline/activity_text.h"
#include "waveforms/timeline/cycle_buckets.h"
#include "waveforms/timeline/timeline.h"

namespace metronome::waveforms {

class GpuTimeline : public Timeline {
 public:
  GpuTimeline(const std::filesystem::path& path, const gpu::GpuSpec& spec, TimelineOptions options);
  ~GpuTimeline() override { break_off(); }

  /// Also UserError if a .kanata file is asked for, but of no sub-core.
  void require_matches() const override;
  void on_issue(const hw::IssueEvent& /*event*/) override {}
  void on_activity(const hw::ActivityEvent& event) override;

  static constexpr std::int64_t kBucketCycles = 256;

 private:
  void flush(std::int64_t cycle) override;

  struct Stall {
    std::int64_t first = 0;
    std::int64_t end = -1;  // nothing yet
    std::string reason;
  };
  struct Open {
    std::int64_t first = 0;
    std::size_t lane = 0;
  };
  struct Layer {
    std::string name;  // empty between layers
    std::int64_t first = 0;
    std::int64_t end = 0;
  };

  void count(const hw::ActivityEvent& event);
  void instruction(const hw::ActivityEvent& event);
  void stall(const hw::ActivityEvent& event, std::string_view reason);
  void write_stall(hw::TrackId track, const Stall& stall);
  void begin(const hw::ActivityEvent& event);
  void end(const hw::ActivityEvent& event, std::string_view kind);
  void end_cta(const hw::ActivityEvent& event, const Open& cta);
  void end_kernel(const hw::ActivityEvent& event, std::int64_t first);
  void end_layer();
  void other(const hw::ActivityEvent& event);
  void add_counter(std::string_view kind, std::string_view name, std::string_view unit,
                   CycleBuckets::Shows shows = CycleBuckets::Shows::kRise);

  std::map<std::string, CycleBuckets, std::less<>> counters_;  // by kind
  std::vector<Stall> stalls_;                                  // by track
  std::multimap<std::string, Open> open_;                      // by track, kind and text
  std::map<std::string, std::vector<bool>> lanes_;             // in use, by track and kind
  Layer layer_;
};

}  // namespace metronome::waveforms
