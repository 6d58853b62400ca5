// SPDX-License-Identifier: Apache-2.0
// A file that is written as it grows, compressed or not, under a temporary name; it takes its own
// when finished.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "waveforms/trace_file.h"

namespace metronome::waveforms {

class TimelineFile {
 public:
  /// Errors: UserError if the file cannot be created.
  TimelineFile(const std::filesystem::path& path, bool compressed);
  TimelineFile(const TimelineFile&) = delete;
  TimelineFile& operator=(const TimelineFile&) = delete;
  /// Without finish(), nothing stays.
  ~TimelineFile();

  /// Once the disk has refused, writing goes on to nowhere; finish() tells.
  void write(std::string_view bytes);
  /// Errors: UserError if the disk did not take everything; nothing stays then.
  void finish();
  std::uint64_t bytes() const { return bytes_; }  // before compression

 private:
  TraceFile place_;
  gzFile file_ = nullptr;
  std::uint64_t bytes_ = 0;
  int error_ = 0;
};

}  // namespace metronome::waveforms
