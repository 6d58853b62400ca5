// SPDX-License-Identifier: Apache-2.0
#include "hw/gpu/background.h"

namespace metronome::gpu {
namespace {

constexpr std::uint64_t kLeastLines = 64;
constexpr double kPermille = 1000.0;
constexpr double kPicosecondsPerSecond = 1e12;

}  // namespace

Background::Background(const GpuSpec& spec, Timeline& timeline, TrafficSink& sink)
    : spec_(spec), timeline_(timeline), sink_(sink) {}

void Background::reset(const Conditions& conditions, const Clock& clock) {
  clock_ = &clock;
  random_ = Random(conditions.seed(Cause::kBackground));
  permille_ = conditions.background_permille;
  running_ = false;
}

void Background::start(Cycle now) {
  if (permille_ == 0) return;
  running_ = true;
  timeline_.schedule(now, *this, 0, ++generation_);
}

void Background::on_event(std::uint32_t /*kind*/, std::uint32_t a, std::uint64_t /*b*/, Cycle now) {
  if (!running_ || a != generation_) return;
  const std::uint64_t lines =
      kLeastLines + random_.below(std::uint64_t{kMostLines} - kLeastLines + 1);
  const auto line_bytes = static_cast<std::uint64_t>(spec_.line_bytes);
  const std::uint64_t all = static_cast<std::uint64_t>(spec_.dram_bytes) / line_bytes;
  // The upper half of memory: what a model leaves free on any preset that holds it twice.
  std::uint64_t line = all / 2 + random_.below(all / 2 - lines);
  for (std::uint64_t n = 0; n < lines; ++n) sink_.read_line((line++) * line_bytes, now);
  const double share =
      spec_.dram_peak_bytes_per_second() * static_cast<double>(permille_) / kPermille;
  const double seconds = static_cast<double>(lines * line_bytes) / share;
  timeline_.schedule(clock_->after(now, static_cast<Picoseconds>(seconds * kPicosecondsPerSecond)),
                     *this, 0, a);
}

}  // namespace metronome::gpu
