// SPDX-License-Identifier: Apache-2.0
// Where a file goes: written under a temporary name beside its own, which it takes when it is
// whole. What a killed run leaves of a trace can be read as well, as far as the format allows.
#pragma once

#include <cstdint>
#include <filesystem>

namespace metronome::waveforms {

/// Where what is written to `path` ends up: behind symbolic links, also one that leads to no file
/// yet. Pipes, devices and folders are left as they are named.
/// Errors: UserError if the links go round in a circle, or a folder on the way may not be entered.
std::filesystem::path target_of(const std::filesystem::path& path);

class TraceFile {
 public:
  enum class Place : std::uint8_t {
    kAnywhere,     // pipes and devices are written in place
    kRegularOnly,  // the format goes back in its file
  };

  /// Nothing is created yet. Errors: UserError if the place is no place for a file.
  TraceFile(const std::filesystem::path& path, Place place);
  TraceFile(const TraceFile&) = delete;
  TraceFile& operator=(const TraceFile&) = delete;
  /// Without take_name(), nothing stays.
  ~TraceFile();

  /// What to open.
  const std::filesystem::path& opened() const { return in_place_ ? target_ : temporary_; }
  /// Errors: UserError if it cannot be renamed.
  void take_name();
  /// Errors: UserError, always: the file cannot be `doing` ("written"), for the reason `code`.
  [[noreturn]] void fail(const char* doing, int code) const;

 private:
  std::filesystem::path path_;    // as the user named it
  std::filesystem::path target_;  // behind symbolic links
  std::filesystem::path temporary_;
  bool in_place_ = false;  // as a pipe is
  bool named_ = false;
};

}  // namespace metronome::waveforms
