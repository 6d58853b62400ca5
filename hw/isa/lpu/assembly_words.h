// SPDX-License-Identifier: Apache-2.0
// Assembly text below the grammar: lines, words, numbers, quoted text, hex; each knows its place.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hw/isa/lpu/types.h"

namespace metronome::lpu {

/// Names of enumerators in text, in the order of their values.
constexpr std::string_view kTensorKindNames[] = {"constant", "state", "scratch", "input", "output"};
constexpr std::string_view kHemisphereNames[] = {"west", "east"};
constexpr std::string_view kInputKindNames[] = {"token_row", "token_select", "position",
                                                "token_group", "token_lane"};

/// `text` as one word: bare where it can be, else quoted.
std::string word_text(std::string_view text);
void append_hex(std::string& out, std::uint8_t byte);

struct Word {
  std::string_view text;
  std::size_t column = 1;  // from 1, in bytes

  /// The part from `at` on, at most `length` long.
  Word part(std::size_t at, std::size_t length = std::string_view::npos) const {
    return {text.substr(at, length), column + at};
  }
};

/// One line, without its comment, taken word by word.
class AssemblyLine {
 public:
  AssemblyLine(std::string_view text, const std::string& origin, std::size_t number);

  /// The next word; empty at the end of the line.
  Word next();
  /// The next word, not yet taken.
  Word peek();
  bool done();
  /// Errors: UserError unless the line ends here.
  void finish(std::string_view expected);

  std::string place(std::size_t column) const;
  [[noreturn]] void fail(std::size_t column, std::string_view what, std::string_view found,
                         std::string_view expected) const;
  [[noreturn]] void fail(const Word& word, std::string_view what, std::string_view expected) const;

  std::int64_t number(const Word& word, std::string_view what, std::int64_t low,
                      std::int64_t high) const;
  std::uint32_t bits(const Word& word, std::string_view what) const;
  StreamGroup stream(const Word& word, std::string_view what) const;
  /// Undoes `word_text`.
  std::string unquoted(const Word& word, std::string_view what) const;
  /// The numbers between commas.
  std::vector<std::int64_t> numbers(const Word& list, std::string_view what, std::int64_t low,
                                    std::int64_t high) const;
  /// Appends the bytes of the rest of the line, two hex digits each.
  void hex(std::vector<std::uint8_t>& bytes);

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  const std::string& origin_;
  std::size_t number_;
};

/// `key=value` words to the end of a line, to be taken by key.
class KeyValues {
 public:
  KeyValues(AssemblyLine& line, std::string_view section);

  Word take(std::string_view key);
  bool has(std::string_view key) const;
  std::int64_t number(std::string_view key, std::int64_t low, std::int64_t high);
  std::string text(std::string_view key);
  template <typename Enum, std::size_t n>
  Enum choice(std::string_view key, const std::string_view (&names)[n]) {
    return static_cast<Enum>(choice(key, names, n));
  }
  /// Errors: UserError if a key was not taken.
  void finish();

 private:
  struct Pair {
    Word key;
    Word value;
    bool taken = false;
  };
  std::size_t choice(std::string_view key, const std::string_view* names, std::size_t count);

  AssemblyLine& line_;
  std::string_view section_;
  std::vector<Pair> pairs_;
};

/// The candidate that takes the fewest edits to become `word`, whatever the case.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace metronome::lpu
