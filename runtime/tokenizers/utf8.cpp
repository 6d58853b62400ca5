// SPDX-License-Identifier: Apache-2.0
#include "runtime/tokenizers/utf8.h"

namespace metronome::runtime {
namespace {

struct Lead {
  std::size_t length;        // 0 if no sequence starts with this byte
  unsigned char second_low;  // range of the second byte; later ones are 80..BF
  unsigned char second_high;
};

Lead lead_of(unsigned char byte) {
  if (byte < 0x80) return {1, 0, 0};
  if (byte < 0xC2) return {0, 0, 0};
  if (byte < 0xE0) return {2, 0x80, 0xBF};
  if (byte == 0xE0) return {3, 0xA0, 0xBF};
  if (byte == 0xED) return {3, 0x80, 0x9F};
  if (byte < 0xF0) return {3, 0x80, 0xBF};
  if (byte == 0xF0) return {4, 0x90, 0xBF};
  if (byte < 0xF4) return {4, 0x80, 0xBF};
  if (byte == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

}  // namespace

Utf8Sequence utf8_sequence(std::string_view text) {
  const Lead lead = lead_of(static_cast<unsigned char>(text[0]));
  if (lead.length == 0) return {Utf8Status::kInvalid, 1};
  for (std::size_t i = 1; i < lead.length; ++i) {
    if (i >= text.size()) return {Utf8Status::kIncomplete, i};
    const auto byte = static_cast<unsigned char>(text[i]);
    const unsigned char low = i == 1 ? lead.second_low : 0x80;
    const unsigned char high = i == 1 ? lead.second_high : 0xBF;
    if (byte < low || byte > high) return {Utf8Status::kInvalid, i};
  }
  return {Utf8Status::kComplete, lead.length};
}

std::string utf8_encode(char32_t code) {
  const auto tail = [&](int shift) {
    return static_cast<char>(0x80U | ((static_cast<unsigned>(code) >> shift) & 0x3FU));
  };
  const auto head = [&](unsigned mark, int shift) {
    return static_cast<char>(mark | (static_cast<unsigned>(code) >> shift));
  };
  if (code < 0x80) return {head(0, 0)};
  if (code < 0x800) return {head(0xC0, 6), tail(0)};
  if (code < 0x10000) return {head(0xE0, 12), tail(6), tail(0)};
  return {head(0xF0, 18), tail(12), tail(6), tail(0)};
}

char32_t utf8_decode(std::string_view sequence) {
  static constexpr unsigned char kLeadMask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
  char32_t code = static_cast<unsigned char>(sequence[0]) & kLeadMask[sequence.size()];
  for (std::size_t i = 1; i < sequence.size(); ++i) {
    code = (code << 6U) | (static_cast<unsigned char>(sequence[i]) & 0x3FU);
  }
  return code;
}

std::string Utf8Streamer::push(std::string_view bytes) {
  held_.append(bytes);
  std::string certain;
  std::string_view rest = held_;
  while (!rest.empty()) {
    const Utf8Sequence next = utf8_sequence(rest);
    if (next.status == Utf8Status::kIncomplete) break;
    certain.append(next.status == Utf8Status::kComplete ? rest.substr(0, next.length)
                                                        : kReplacement);
    rest.remove_prefix(next.length);
  }
  held_ = std::string(rest);
  return certain;
}

std::string Utf8Streamer::finish() {
  const bool unfinished = !held_.empty();
  held_.clear();
  return unfinished ? std::string(kReplacement) : std::string();
}

std::string valid_utf8(std::string_view text) {
  Utf8Streamer streamer;
  std::string valid = streamer.push(text);
  return valid + streamer.finish();
}

}  // namespace metronome::runtime
