// SPDX-License-Identifier: Apache-2.0
#include "waveforms/trace_file.h"

#include <fmt/core.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <system_error>

#include "hw/isa/error.h"

namespace metronome::waveforms {

namespace fs = std::filesystem;

namespace {

constexpr int kMostLinks = 40;  // as the kernel follows

/// No two files of this process, nor of two that run at once, are written under one name.
fs::path temporary_beside(const fs::path& target) {
  static std::atomic<unsigned> files = 0;
  return target.string() + fmt::format(".{}.{}.part", ::getpid(), files++);
}

[[noreturn]] void refuse(const fs::path& path, const char* doing, const std::string& why) {
  throw UserError(fmt::format("{}: file: cannot be {}: {}", path.string(), doing, why));
}

}  // namespace

fs::path target_of(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::none) refuse(path, "created", error.message());
  if (fs::exists(status) && !fs::is_regular_file(status)) return path;
  fs::path target = path;
  for (int links = 0; fs::is_symlink(target, error) && links < kMostLinks; ++links) {
    target = target.parent_path() / fs::read_symlink(target, error);
  }
  return target;
}

TraceFile::TraceFile(const fs::path& path, Place place) : path_(path), target_(target_of(path)) {
  std::error_code error;
  const fs::file_status status = fs::status(target_, error);
  if (fs::is_directory(status)) throw UserError(path_.string() + ": file: is a folder");
  in_place_ = fs::exists(status) && !fs::is_regular_file(status);
  if (in_place_ && place == Place::kRegularOnly) {
    throw UserError(path_.string() +
                    ": file: is a pipe or a device, and FST is not written from front to back; "
                    "VCD is");
  }
  if (!in_place_) temporary_ = temporary_beside(target_);
}

TraceFile::~TraceFile() {
  std::error_code ignored;
  if (!in_place_ && !named_) fs::remove(temporary_, ignored);
}

void TraceFile::fail(const char* doing, int code) const {
  refuse(path_, doing, std::strerror(code));
}

void TraceFile::take_name() {
  if (in_place_) return;
  if (std::rename(temporary_.c_str(), target_.c_str()) != 0) fail("renamed", errno);
  named_ = true;
}

}  // namespace metronome::waveforms
