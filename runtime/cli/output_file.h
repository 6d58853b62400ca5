// SPDX-License-Identifier: Apache-2.0
// A file that appears under its name only when it is whole: written beside it, then renamed.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

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
  [[noreturn]] void fail(const char* doing) const;

  std::string path_;
  std::filesystem::path target_;     // empty for standard output
  std::filesystem::path temporary_;  // empty where written in place
  std::FILE* file_ = nullptr;
};

/// Errors: UserError if `output` is the very file `input`.
void refuse_same_file(const std::string& input, const std::string& output);

}  // namespace metronome::cli
