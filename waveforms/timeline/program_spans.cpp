// SPDX-License-Identifier: Apache-2.0
#include "waveforms/timeline/program_spans.h"

#include <algorithm>

namespace metronome::waveforms {
namespace {

void join(ProgramSpan& span, const ProgramSpan& more) {
  const bool fresh = span.instructions == 0;
  span.first = fresh ? more.first : std::min(span.first, more.first);
  span.end = fresh ? more.end : std::max(span.end, more.end);
  span.instructions += more.instructions;
}

void sort_by_first(std::vector<ProgramSpan>& spans) {
  std::stable_sort(spans.begin(), spans.end(),
                   [](const ProgramSpan& a, const ProgramSpan& b) { return a.first < b.first; });
}

}  // namespace

void ProgramSpans::add(const hw::IssueEvent& event, std::int64_t end) {
  if (event.purpose.op.empty()) return;
  ProgramSpan& span = spans_[{event.purpose.layer, std::string(event.purpose.op)}];
  if (span.instructions == 0) {
    span.op = event.purpose.op;
    span.layer = event.purpose.layer;
  }
  join(span, {span.op, span.layer, event.cycle, end, 1});
}

std::vector<ProgramSpan> ProgramSpans::operators() const {
  std::vector<ProgramSpan> all;
  all.reserve(spans_.size());
  for (const auto& [key, span] : spans_) all.push_back(span);
  sort_by_first(all);
  return all;
}

std::vector<ProgramSpan> ProgramSpans::layers() const {
  std::map<int, ProgramSpan> layers;
  for (const auto& [key, span] : spans_) {
    if (span.layer < 0) continue;
    layers[span.layer].layer = span.layer;
    join(layers[span.layer], span);
  }
  std::vector<ProgramSpan> all;
  all.reserve(layers.size());
  for (const auto& [layer, span] : layers) all.push_back(span);
  sort_by_first(all);
  return all;
}

}  // namespace metronome::waveforms
