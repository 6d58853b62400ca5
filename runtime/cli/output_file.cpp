// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/output_file.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "hw/isa/error.h"
#include "runtime/cli/terminal.h"

namespace metronome::cli {

namespace fs = std::filesystem;

OutputFile::OutputFile(const std::string& path) : path_(path) {
  if (path == "-") return;
  std::error_code error;
  target_ = fs::path(path);
  if (fs::is_symlink(target_, error)) target_ = fs::weakly_canonical(target_, error);
  const fs::file_status status = fs::status(target_, error);
  if (fs::is_directory(status)) throw UserError(path + ": file: is a folder");
  const bool in_place = fs::exists(status) && !fs::is_regular_file(status);
  if (!in_place) temporary_ = target_.string() + fmt::format(".{}.part", ::getpid());
  const fs::path& opened = in_place ? target_ : temporary_;
  file_ = std::fopen(opened.c_str(), "wb");
  if (file_ == nullptr) {
    const int code = errno;
    temporary_.clear();
    errno = code;
    fail("created");
  }
}

OutputFile::~OutputFile() {
  if (file_ != nullptr) std::fclose(file_);
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove(temporary_, ignored);
}

void OutputFile::fail(const char* doing) const {
  throw UserError(fmt::format("{}: file: cannot be {}: {}", path_, doing, std::strerror(errno)));
}

void OutputFile::write(std::string_view text) {
  if (file_ == nullptr) {
    put(text);
  } else if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) {
    fail("written");
  }
}

void OutputFile::write(std::span<const std::uint8_t> bytes) {
  write(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

void OutputFile::commit() {
  if (file_ == nullptr) return;
  std::FILE* file = std::exchange(file_, nullptr);
  if (std::fclose(file) != 0) fail("written");
  if (temporary_.empty()) return;
  if (std::rename(temporary_.c_str(), target_.c_str()) != 0) fail("renamed");
  temporary_.clear();
}

void refuse_same_file(const std::string& input, const std::string& output) {
  std::error_code ignored;
  if (fs::equivalent(input, output, ignored)) {
    throw UserError(output + ": file: is the input, which is never overwritten");
  }
}

}  // namespace metronome::cli
