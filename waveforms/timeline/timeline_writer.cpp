// SPDX-License-Identifier: Apache-2.0
#include "waveforms/timeline/timeline_writer.h"

#include <fmt/core.h>

#include "waveforms/timeline/chrome_trace_writer.h"
#include "waveforms/timeline/track_event_writer.h"

namespace metronome::waveforms {

std::string stream_name(const Input& input) {
  const char letter = input.eastward ? 'E' : 'W';
  if (input.streams == 1) return fmt::format("{}{}", letter, input.stream);
  return fmt::format("{}{}..{}", letter, input.stream, input.stream + input.streams - 1);
}

std::string clock_note(const TimelineMachine& machine) {
  return fmt::format(
      "{}, clock {} Hz. Each time stamp is rounded for itself from its cycle; `cycle` and `cycles` "
      "are exact.",
      machine.name, machine.clock_hz);
}

std::unique_ptr<TimelineWriter> make_timeline_writer(const std::filesystem::path& path,
                                                     const TimelineMachine& machine) {
  const bool compressed = path.extension() == ".gz";
  const std::filesystem::path plain = compressed ? path.stem() : path.filename();
  auto file = std::make_unique<TimelineFile>(path, compressed);
  if (plain.extension() == ".json") {
    return std::make_unique<ChromeTraceWriter>(std::move(file), machine);
  }
  return std::make_unique<TrackEventWriter>(std::move(file), machine);
}

}  // namespace metronome::waveforms
