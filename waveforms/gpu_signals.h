// SPDX-License-Identifier: Apache-2.0
// What a trace of a GPU records of each of its components, and how its events change that. The
// components are known by the paths of their tracks alone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hw/common/observer.h"

namespace metronome::waveforms {

/// One variable of a component.
struct GpuSignal {
  const char* name = "";
  int width = 0;          // in bits; 0 for strings
  std::int64_t rest = 0;  // at rest; -1: nobody drives it, and for strings `-`
  bool coded = false;     // a string that comes as a number as well, `op_code`
};

/// A value that an event gives a variable.
struct GpuChange {
  std::size_t signal = 0;   // of the component's
  std::int64_t number = 0;  // for numbers
  std::string text{};       // for strings
  bool counts = false;      // added to what the same cycle gave it already
  std::int64_t cycles = 0;  // then it is at rest again; 0: until the next change
};

enum class GpuComponent : std::uint8_t {
  kNone,
  kDispatcher,
  kSm,
  kSubCore,
  kMemoryStage,
  kL1,
  kL2Slice,
  kDramChannel,
};

/// The kind that shows `kind` where both are one: a copy found in the L2 is found there.
std::string_view shown_as(std::string_view kind);

/// By the path of its track, such as `sm_0.sub_core_3`.
GpuComponent component_of(std::string_view path);
/// What is recorded of it.
std::vector<GpuSignal> signals_of(GpuComponent component);
/// What `event` on its track means for it.
std::vector<GpuChange> changes_of(GpuComponent component, const hw::ActivityEvent& event);

/// Recorded where no filter is given: the SM of number `sm` with its L1, two slices of the L2, one
/// DRAM channel. All of a large GPU would be too much for a viewer.
bool is_default(std::string_view path, int sm);

}  // namespace metronome::waveforms
