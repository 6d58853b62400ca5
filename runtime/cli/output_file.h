// SPDX-License-Identifier: Apache-2.0
// A file that appears under its name only when it is whole: written beside it, then renamed.
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "waveforms/trace_file.h"

namespace metronome::cli {

class OutputFile {
 public:
  /// `-` is standard output; devices and pipes are written in place.
  /// Errors: UserError if it cannot be created.
  explicit OutputFile(const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(std::string_view text);
  void write(std::span<const std::uint8_t> bytes);
  /// Closes it and gives it its name. Without this nothing stays. Errors: UserError.
  void commit();

 private:
  std::optional<waveforms::TraceFile> place_;  // none for standard output
  std::FILE* file_ = nullptr;
};

}  // namespace metronome::cli
