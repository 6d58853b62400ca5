// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string>

#include "waveforms/gpu_signals.h"
#include "waveforms/trace_views.h"
#include "waveforms/view_plan.h"

namespace metronome::waveforms {

namespace fs = std::filesystem;

namespace {

constexpr std::array kCoded = {GpuComponent::kDispatcher, GpuComponent::kSm,
                               GpuComponent::kSubCore,    GpuComponent::kMemoryStage,
                               GpuComponent::kL1,         GpuComponent::kL2Slice,
                               GpuComponent::kDramChannel};

}  // namespace

std::vector<fs::path> view_files(const fs::path& trace) {
  if (!has_neighbours(trace)) return {};
  std::vector<fs::path> files;
  for (const char* end : {".gtkw", ".sucl", ".opcodes.txt"}) files.push_back(beside(trace, end));
  for (const GpuComponent kind : kCoded) {
    for (const GpuSignal& signal : signals_of(kind)) {
      if (!signal.coded) continue;
      files.push_back(beside(trace, std::string(".gpu_") + signal.name + ".txt"));
    }
  }
  return files;
}

}  // namespace metronome::waveforms
