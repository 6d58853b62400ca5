// SPDX-License-Identifier: Apache-2.0
#include "hw/isa/lpu/assembly_words.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>

#include "hw/isa/error.h"

namespace metronome::lpu {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";
constexpr std::size_t kMostKeys = 64;  // keeps the search for doubles short
constexpr std::uint8_t kNoDigit = 255;
constexpr std::array<std::uint8_t, 256> kDigitOf = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(kNoDigit);
  for (std::uint8_t d = 0; d < 16; ++d) {
    table[static_cast<unsigned char>(kHexDigits[d])] = d;
    if (d >= 10) table[static_cast<unsigned char>(kHexDigits[d] - 'a' + 'A')] = d;
  }
  return table;
}();

std::uint8_t digit(char c) { return kDigitOf[static_cast<unsigned char>(c)]; }

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

bool is_control(char c) { return static_cast<unsigned char>(c) < 32 || c == 127; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_bare(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         c == '-' || c == '.' || c == '/' || c == ':' || c == '+';
}

/// At most 40 characters of what stands there, fit for a terminal.
std::string excerpt(std::string_view text) {
  if (text.empty()) return "nothing";
  std::string shown(text.substr(0, 40));
  std::replace_if(shown.begin(), shown.end(), is_control, '?');
  return text.size() > 40 ? shown + "..." : shown;
}

/// Length of `text` up to `stops(c)` outside quotes.
template <typename Stops>
std::size_t length_until(std::string_view text, Stops stops) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (quoted && text[i] == '\\')
      ++i;
    else if (!quoted && stops(text[i]))
      return i;
  }
  return text.size();
}

}  // namespace

std::string word_text(std::string_view text) {
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_bare)) return std::string(text);
  std::string out = "\"";
  for (char c : text) {
    if (is_control(c)) {
      out += "\\x";
      append_hex(out, static_cast<std::uint8_t>(c));
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + '"';
}

void append_hex(std::string& out, std::uint8_t byte) {
  out += kHexDigits[byte >> 4U];
  out += kHexDigits[byte & 15U];
}

AssemblyLine::AssemblyLine(std::string_view text, const std::string& origin, std::size_t number)
    : text_(text), origin_(origin), number_(number) {
  if (text.find('#') != std::string_view::npos) {
    text_ = text.substr(0, length_until(text, [](char c) { return c == '#'; }));
  }
}

Word AssemblyLine::peek() {
  while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  const std::string_view rest = text_.substr(at_);
  return {rest.substr(0, length_until(rest, is_space)), at_ + 1};
}

Word AssemblyLine::next() {
  const Word word = peek();
  at_ += word.text.size();
  return word;
}

bool AssemblyLine::done() { return peek().text.empty(); }

void AssemblyLine::finish(std::string_view expected) {
  if (const Word word = peek(); !word.text.empty()) fail(word, "line", expected);
}

std::string AssemblyLine::place(std::size_t column) const {
  return fmt::format("{}:{}:{}", origin_, number_, column);
}

void AssemblyLine::fail(std::size_t column, std::string_view what, std::string_view found,
                        std::string_view expected) const {
  throw UserError(
      fmt::format("{}: {}, found {}, expected {}", place(column), what, found, expected));
}

void AssemblyLine::fail(const Word& word, std::string_view what, std::string_view expected) const {
  fail(word.column, what, excerpt(word.text), expected);
}

std::int64_t AssemblyLine::number(const Word& word, std::string_view what, std::int64_t low,
                                  std::int64_t high) const {
  std::int64_t value = 0;
  const char* end = word.text.data() + word.text.size();
  const auto [stop, error] = std::from_chars(word.text.data(), end, value);
  if (error != std::errc() || stop != end || value < low || value > high) {
    fail(word, what, fmt::format("{} to {}", low, high));
  }
  return value;
}

std::vector<std::int64_t> AssemblyLine::numbers(const Word& list, std::string_view what,
                                                std::int64_t low, std::int64_t high) const {
  std::vector<std::int64_t> all;
  for (std::size_t at = 0; at <= list.text.size();) {
    const std::size_t comma = std::min(list.text.find(',', at), list.text.size());
    all.push_back(number(list.part(at, comma - at), what, low, high));
    at = comma + 1;
  }
  return all;
}

std::uint32_t AssemblyLine::bits(const Word& word, std::string_view what) const {
  std::uint32_t value = 0;
  const char* end = word.text.data() + word.text.size();
  bool good = word.text.size() > 2 && word.text.size() <= 10 && word.text.starts_with("0x");
  if (good) {
    const auto [stop, error] = std::from_chars(word.text.data() + 2, end, value, 16);
    good = error == std::errc() && stop == end;
  }
  if (!good) fail(word, what, "0x and up to 8 hex digits");
  return value;
}

StreamGroup AssemblyLine::stream(const Word& word, std::string_view what) const {
  const std::string_view text = word.text;
  if (text.size() < 2 || (text[0] != 'E' && text[0] != 'W')) {
    fail(word, what, "a stream group such as E12 or E12:4");
  }
  StreamGroup group;
  group.direction = text[0] == 'E' ? Direction::kEast : Direction::kWest;
  const std::size_t colon = std::min(text.find(':'), text.size());
  group.first = static_cast<std::uint8_t>(number(word.part(1, colon - 1), what, 0, 31));
  if (colon < text.size()) {
    const Word width = word.part(colon + 1);
    const std::int64_t value = number(width, what, 1, 16);
    if ((value & (value - 1)) != 0) fail(width, what, "1, 2, 4, 8 or 16 streams");
    group.width = static_cast<std::uint8_t>(value);
  }
  return group;
}

std::string AssemblyLine::unquoted(const Word& word, std::string_view what) const {
  const std::string_view text = word.text;
  if (text.empty()) fail(word, what, "a name");
  if (text.find('"') == std::string_view::npos) return std::string(text);
  std::string out;
  for (std::size_t i = 1; text[0] == '"' && i < text.size(); ++i) {
    if (text[i] == '"') {
      if (i + 1 != text.size()) break;
      return out;
    }
    if (text[i] != '\\') {
      out += text[i];
    } else if (text.substr(i + 1, 1) == "\"" || text.substr(i + 1, 1) == "\\") {
      out += text[++i];
    } else if (i + 3 < text.size() && text[i + 1] == 'x' && digit(text[i + 2]) != kNoDigit &&
               digit(text[i + 3]) != kNoDigit) {
      out += static_cast<char>(16 * digit(text[i + 2]) + digit(text[i + 3]));
      i += 3;
    } else {
      fail(word.part(i, 2), what, R"(\", \\ or \x and two hex digits)");
    }
  }
  fail(word, what, "one pair of quotes around all of it");
}

void AssemblyLine::hex(std::vector<std::uint8_t>& bytes) {
  for (Word word = next(); !word.text.empty(); word = next()) {
    const std::string_view text = word.text;
    for (std::size_t i = 0; i < text.size(); i += 2) {
      const std::uint8_t high = digit(text[i]);
      const std::uint8_t low = i + 1 < text.size() ? digit(text[i + 1]) : kNoDigit;
      if (high == kNoDigit || low == kNoDigit) {
        fail(word.part(i, 2), "data", "two hex digits a byte");
      }
      bytes.push_back(static_cast<std::uint8_t>(16U * high + low));
    }
  }
}

KeyValues::KeyValues(AssemblyLine& line, std::string_view section)
    : line_(line), section_(section) {
  for (Word word = line.next(); !word.text.empty(); word = line.next()) {
    const std::size_t equals = word.text.find('=');
    if (equals == std::string_view::npos) line.fail(word, section, "key=value");
    const Word key = word.part(0, equals);
    for (const Pair& pair : pairs_) {
      if (pair.key.text == key.text) line.fail(word, section, "each key once");
    }
    if (pairs_.size() == kMostKeys) line.fail(word, section, fmt::format("{} keys", kMostKeys));
    pairs_.push_back({key, word.part(equals + 1)});
  }
}

Word KeyValues::take(std::string_view key) {
  for (Pair& pair : pairs_) {
    if (pair.key.text != key) continue;
    pair.taken = true;
    return pair.value;
  }
  line_.fail(line_.peek(), section_, fmt::format("{}=", key));
}

bool KeyValues::has(std::string_view key) const {
  return std::any_of(pairs_.begin(), pairs_.end(),
                     [&](const Pair& pair) { return pair.key.text == key; });
}

std::int64_t KeyValues::number(std::string_view key, std::int64_t low, std::int64_t high) {
  return line_.number(take(key), key, low, high);
}

std::string KeyValues::text(std::string_view key) { return line_.unquoted(take(key), key); }

std::size_t KeyValues::choice(std::string_view key, const std::string_view* names,
                              std::size_t count) {
  const Word word = take(key);
  std::string all;
  for (std::size_t i = 0; i < count; ++i) {
    if (word.text == names[i]) return i;
    if (i > 0) all += i + 1 < count ? ", " : " or ";
    all += names[i];
  }
  line_.fail(word, key, all);
}

void KeyValues::finish() {
  std::vector<std::string_view> known;
  for (const Pair& pair : pairs_) {
    if (pair.taken) known.push_back(pair.key.text);
  }
  for (const Pair& pair : pairs_) {
    if (!pair.taken) {
      line_.fail(pair.key, section_,
                 fmt::format("a known key, such as {}", nearest(pair.key.text, known)));
    }
  }
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  std::string_view best;
  std::size_t best_edits = std::string_view::npos;
  const std::string_view start = word.substr(0, 64);
  for (std::string_view candidate : candidates) {
    std::vector<std::size_t> edits(candidate.size() + 1);
    std::iota(edits.begin(), edits.end(), std::size_t{0});
    for (std::size_t i = 0; i < start.size(); ++i) {
      std::size_t diagonal = edits[0]++;
      for (std::size_t j = 0; j < candidate.size(); ++j) {
        const std::size_t replaced = diagonal + (lower(start[i]) == lower(candidate[j]) ? 0 : 1);
        diagonal = edits[j + 1];
        edits[j + 1] = std::min({edits[j] + 1, edits[j + 1] + 1, replaced});
      }
    }
    if (edits.back() < best_edits) {
      best_edits = edits.back();
      best = candidate;
    }
  }
  return best;
}

}  // namespace metronome::lpu
