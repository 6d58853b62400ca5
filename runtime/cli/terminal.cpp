// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/terminal.h"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>

namespace metronome::cli {

namespace {

constexpr std::size_t kLine = 79;  // characters
constexpr std::size_t kUsualWidth = 80;
constexpr std::size_t kLeastWidth = 40;
constexpr std::size_t kMostWidth = 120;

/// The first of the variables that is set and not empty: so do locales.
std::string first_set(const Environment& environment, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const char* value = environment(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return "";
}

bool names_utf8(std::string locale) {
  std::ranges::transform(locale, locale.begin(), [](unsigned char c) { return std::tolower(c); });
  return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
}

/// 0 if it is no positive number.
std::size_t number_of(const std::string& text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : 0;
}

}  // namespace

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

TextStyle text_style(const Environment& environment, std::size_t terminal_columns) {
  const std::string terminal = first_set(environment, {"TERM"});
  // The console of Linux has 512 glyphs, block eighths not among them.
  const bool plain = terminal == "dumb" || terminal == "linux";
  TextStyle style;
  style.unicode = !plain && names_utf8(first_set(environment, {"LC_ALL", "LC_CTYPE", "LANG"}));
  std::size_t width = number_of(first_set(environment, {"COLUMNS"}));
  if (width == 0) width = terminal_columns;
  style.width = width == 0 ? kUsualWidth : std::clamp(width, kLeastWidth, kMostWidth);
  return style;
}

TextStyle text_style() {
  winsize size{};
  const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
  return text_style([](const char* name) { return std::getenv(name); }, known ? size.ws_col : 0);
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
