// SPDX-License-Identifier: Apache-2.0
#include "waveforms/timeline/timeline_writer.h"

#include <fmt/core.h>

#include "waveforms/timeline/chrome_trace_writer.h"
#include "waveforms/timeline/kanata_writer.h"
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

namespace {

/// The name without what says that it is compressed.
std::filesystem::path plain_name(const std::filesystem::path& path) {
  return path.extension() == ".gz" ? path.stem() : path.filename();
}

}  // namespace

bool is_kanata(const std::filesystem::path& path) {
  return plain_name(path).extension() == ".kanata";
}

std::unique_ptr<TimelineWriter> make_timeline_writer(const std::filesystem::path& path,
                                                     const TimelineMachine& machine) {
  auto file = std::make_unique<TimelineFile>(path, path.extension() == ".gz");
  if (plain_name(path).extension() == ".json") {
    return std::make_unique<ChromeTraceWriter>(std::move(file), machine);
  }
  if (is_kanata(path)) return std::make_unique<KanataWriter>(std::move(file));
  return std::make_unique<TrackEventWriter>(std::move(file), machine);
}

}  // namespace metronome::waveforms
