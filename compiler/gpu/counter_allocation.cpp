// SPDX-License-Identifier: Apache-2.0
#include "compiler/gpu/counter_allocation.h"

#include <array>
#include <cstdlib>
#include <numeric>

namespace metronome::gpu {
namespace {

/// Where each event is first awaited, in the order of the code; the end of the code if that is on
/// another round of a loop; -1 if nowhere.
std::vector<int> first_waits(const std::vector<Instruction>& code,
                             const std::vector<HazardEvent>& events) {
  std::vector<int> own(events.size());  // a counter for each event
  std::iota(own.begin(), own.end(), 0);
  const auto waits = find_waits(code, events, own);
  std::vector<int> first(events.size(), -1);
  for (std::size_t at = 0; at < waits.size(); ++at) {
    for (const int e : waits[at]) {
      const auto event = static_cast<std::size_t>(e);
      const bool later = static_cast<int>(at) > events[event].producer;
      if (!later && first[event] < 0) first[event] = static_cast<int>(code.size());
      const bool sooner = first[event] < 0 || first[event] > static_cast<int>(at);
      if (later && sooner) first[event] = static_cast<int>(at);
    }
  }
  return first;
}

/// What is open on one counter.
struct Counter {
  int until = -1;  // the last of the first waits
  bool result = false;
  Unit unit = Unit::kControl;
};

/// A read counter beside results, or a short unit beside a long one, makes the short wait long.
constexpr int kMixed = 1000;

}  // namespace

std::vector<int> allocate_counters(const std::vector<Instruction>& code,
                                   const std::vector<HazardEvent>& events) {
  const std::vector<int> first = first_waits(code, events);
  std::array<Counter, kDependenceCounters> counters;
  std::vector<int> chosen(events.size(), -1);
  for (std::size_t e = 0; e < events.size(); ++e) {
    if (first[e] < 0) continue;
    const Unit unit = info(code[static_cast<std::size_t>(events[e].producer)].opcode).unit;
    int best = -1;
    int best_cost = 0;
    for (int k = 0; k < kDependenceCounters; ++k) {
      const Counter& c = counters[static_cast<std::size_t>(k)];
      const bool open = c.until > events[e].producer;
      const bool mixed = c.result != events[e].result || c.unit != unit;
      // The same wait is best, then a counter that is free.
      const int cost = !open ? 1 : 2 * std::abs(c.until - first[e]) + (mixed ? kMixed : 0);
      if (best < 0 || cost < best_cost) {
        best = k;
        best_cost = cost;
      }
    }
    chosen[e] = best;
    Counter& c = counters[static_cast<std::size_t>(best)];
    const bool open = c.until > events[e].producer;
    c = {open ? std::max(c.until, first[e]) : first[e], events[e].result, unit};
  }
  return chosen;
}

}  // namespace metronome::gpu
