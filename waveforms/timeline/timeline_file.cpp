// SPDX-License-Identifier: Apache-2.0
#include "waveforms/timeline/timeline_file.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "hw/isa/error.h"

namespace metronome::waveforms {

namespace fs = std::filesystem;

namespace {

constexpr int kMostLinks = 40;
constexpr unsigned kBuffer = 1U << 17;  // bytes

}  // namespace

TimelineFile::TimelineFile(const fs::path& path, bool compressed) : path_(path), target_(path) {
  std::error_code error;
  for (int links = 0; fs::is_symlink(target_, error) && links < kMostLinks; ++links) {
    target_ = target_.parent_path() / fs::read_symlink(target_, error);
  }
  const fs::file_status status = fs::status(target_, error);
  if (fs::is_directory(status)) throw UserError(path_.string() + ": file: is a folder");
  const bool in_place = fs::exists(status) && !fs::is_regular_file(status);
  if (!in_place) temporary_ = target_.string() + fmt::format(".{}.part", ::getpid());
  const fs::path& opened = in_place ? target_ : temporary_;
  file_ = gzopen(opened.c_str(), compressed ? "wb6" : "wbT");  // T: as it is
  if (file_ == nullptr) {
    temporary_.clear();
    fail("created", errno);
  }
  gzbuffer(file_, kBuffer);
}

TimelineFile::~TimelineFile() {
  if (file_ != nullptr) gzclose(file_);
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove(temporary_, ignored);
}

void TimelineFile::fail(const char* doing, int code) const {
  throw UserError(
      fmt::format("{}: file: cannot be {}: {}", path_.string(), doing, std::strerror(code)));
}

void TimelineFile::write(std::string_view bytes) {
  bytes_ += bytes.size();
  if (error_ != 0 || bytes.empty()) return;
  errno = 0;
  const int written = gzwrite(file_, bytes.data(), static_cast<unsigned>(bytes.size()));
  if (written != static_cast<int>(bytes.size())) error_ = errno != 0 ? errno : EIO;
}

void TimelineFile::finish() {
  errno = 0;
  if (gzclose(std::exchange(file_, nullptr)) != Z_OK && error_ == 0) {
    error_ = errno != 0 ? errno : EIO;
  }
  if (error_ != 0) fail("written", error_);
  if (temporary_.empty()) return;
  if (std::rename(temporary_.c_str(), target_.c_str()) != 0) fail("renamed", errno);
  temporary_.clear();
}

}  // namespace metronome::waveforms
