// SPDX-License-Identifier: Apache-2.0
#include "waveforms/timeline/timeline_file.h"

#include <cerrno>
#include <utility>

namespace metronome::waveforms {
namespace {

constexpr unsigned kBuffer = 1U << 17;  // bytes

}  // namespace

TimelineFile::TimelineFile(const std::filesystem::path& path, bool compressed)
    : place_(path, TraceFile::Place::kAnywhere) {
  file_ = gzopen(place_.opened().c_str(), compressed ? "wb6" : "wbT");  // T: as it is
  if (file_ == nullptr) place_.fail("created", errno);
  gzbuffer(file_, kBuffer);
}

TimelineFile::~TimelineFile() {
  if (file_ != nullptr) gzclose(file_);
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
  if (error_ != 0) place_.fail("written", error_);
  place_.take_name();
}

}  // namespace metronome::waveforms
