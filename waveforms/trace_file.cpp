// SPDX-License-Identifier: Apache-2.0
#include "waveforms/trace_file.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "hw/isa/error.h"

namespace metronome::waveforms {

namespace fs = std::filesystem;

namespace {
constexpr int kMostLinks = 40;
}  // namespace

TraceFile::TraceFile(const fs::path& path, Place place) : path_(path), target_(path) {
  std::error_code error;
  for (int links = 0; fs::is_symlink(target_, error) && links < kMostLinks; ++links) {
    target_ = target_.parent_path() / fs::read_symlink(target_, error);
  }
  const fs::file_status status = fs::status(target_, error);
  if (fs::is_directory(status)) throw UserError(path_.string() + ": file: is a folder");
  in_place_ = fs::exists(status) && !fs::is_regular_file(status);
  if (in_place_ && place == Place::kRegularOnly) {
    throw UserError(path_.string() +
                    ": file: is a pipe or a device, and FST is not written from front to back; "
                    "VCD is");
  }
  if (!in_place_) temporary_ = target_.string() + fmt::format(".{}.part", ::getpid());
}

TraceFile::~TraceFile() {
  std::error_code ignored;
  if (!in_place_ && !named_) fs::remove(temporary_, ignored);
}

void TraceFile::fail(const char* doing, int code) const {
  throw UserError(
      fmt::format("{}: file: cannot be {}: {}", path_.string(), doing, std::strerror(code)));
}

void TraceFile::take_name() {
  if (in_place_) return;
  if (std::rename(temporary_.c_str(), target_.c_str()) != 0) fail("renamed", errno);
  named_ = true;
}

}  // namespace metronome::waveforms
