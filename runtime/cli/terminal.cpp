// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/terminal.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace metronome::cli {

namespace {
constexpr std::size_t kLine = 79;  // characters
}

void put(std::string_view text) {
  const std::size_t written = std::fwrite(text.data(), 1, text.size(), stdout);
  if (written != text.size() || std::fflush(stdout) != 0) throw OutputError{errno};
}

void note(std::string_view text) { fmt::print(stderr, "metronome: note: {}\n", text); }

Progress::Progress(bool quiet)
    : shown_(!quiet && isatty(STDERR_FILENO) == 1 && std::getenv("CI") == nullptr) {}

void Progress::show(const std::string& full) {
  if (!shown_) return;
  const std::string text = full.substr(0, kLine);  // a longer one could not be written over
  const std::size_t rest = width_ > text.size() ? width_ - text.size() : 0;
  fmt::print(stderr, "\r{}{}", text, std::string(rest, ' '));
  std::fflush(stderr);
  width_ = text.size();
}

void Progress::clear() {
  if (width_ == 0) return;
  fmt::print(stderr, "\r{}\r", std::string(width_, ' '));
  std::fflush(stderr);
  width_ = 0;
}

std::string shown_text(std::string_view text) {
  std::string safe;
  for (const char byte : text) {
    const auto code = static_cast<unsigned char>(byte);
    const bool control = (code < 0x20 && byte != '\n' && byte != '\t') || code == 0x7F;
    safe.push_back(control ? '?' : byte);
  }
  return safe;
}

}  // namespace metronome::cli
