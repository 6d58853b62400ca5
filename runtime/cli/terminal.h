// SPDX-License-Identifier: Apache-2.0
// What goes to the user: results to standard output, notes and progress to standard error.
// No colour and no escape codes, here or anywhere.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "runtime/cli/text_chart.h"

namespace metronome::cli {

/// Standard output cannot be written: closed by its reader, or a full disk.
struct OutputError {
  int code = 0;  // errno
};

/// Writes to standard output and flushes. Errors: OutputError.
void put(std::string_view text);

/// `metronome: note: ...` on standard error.
void note(std::string_view text);

/// One line on standard error that says what goes on, written over by the next. Silent unless
/// standard error is a terminal and neither CI is set nor `quiet`.
class Progress {
 public:
  explicit Progress(bool quiet);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(const std::string& full);
  void clear();

 private:
  bool shown_;
  std::size_t width_ = 0;  // characters on the line
};

/// An environment variable; null if it is not set.
using Environment = std::function<const char*(const char* name)>;

/// Unicode where the locale says UTF-8, unless TERM names a terminal that has no block characters.
/// COLUMNS wide, or else as wide as the terminal (0: there is none), or else 80; 40 to 120.
TextStyle text_style(const Environment& environment, std::size_t terminal_columns);
/// Of standard output.
TextStyle text_style();

/// Model text, safe on a terminal: control characters other than line feed and tab become '?'.
std::string shown_text(std::string_view text);

}  // namespace metronome::cli
