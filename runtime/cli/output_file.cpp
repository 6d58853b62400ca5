// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/output_file.h"

#include <cerrno>
#include <utility>

#include "runtime/cli/terminal.h"

namespace metronome::cli {

using waveforms::TraceFile;

OutputFile::OutputFile(const std::string& path) {
  if (path == "-") return;
  place_.emplace(path, TraceFile::Place::kAnywhere);
  file_ = std::fopen(place_->opened().c_str(), "wb");
  if (file_ == nullptr) place_->fail("created", errno);
}

OutputFile::~OutputFile() {
  if (file_ != nullptr) std::fclose(file_);
}

void OutputFile::write(std::string_view text) {
  if (file_ == nullptr) {
    put(text);
  } else if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) {
    place_->fail("written", errno);
  }
}

void OutputFile::write(std::span<const std::uint8_t> bytes) {
  write(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

void OutputFile::commit() {
  if (file_ == nullptr) return;
  if (std::fclose(std::exchange(file_, nullptr)) != 0) place_->fail("written", errno);
  place_->take_name();
}

}  // namespace metronome::cli
