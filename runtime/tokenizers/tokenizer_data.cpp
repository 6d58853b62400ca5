// SPDX-License-Identifier: Apache-2.0
#include "runtime/tokenizers/tokenizer_data.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>

#include "runtime/tokenizers/byte_reader.h"
#include "runtime/tokenizers/refuse.h"
#include "runtime/tokenizers/splitter.h"

namespace metronome::runtime {
namespace {

constexpr std::string_view kMagic = "MTOK";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kMaxPieces = 1U << 24U;

int hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return -1;
}

void validate_pieces(const TokenizerData& data, const std::string& source) {
  const std::size_t size = data.pieces.size();
  if (size == 0 || size > kMaxPieces) {
    refuse(source, "tokens", fmt::format("found {}, must be 1 to {}", size, kMaxPieces));
  }
  if (data.types.size() != size) {
    refuse(source, "token types", fmt::format("{} for {} tokens", data.types.size(), size));
  }
  const std::size_t wanted = data.kind == TokenizerKind::kScores ? size : 0;
  if (data.scores.size() != wanted) {
    refuse(source, "scores", fmt::format("{} found, {} wanted", data.scores.size(), wanted));
  }
  for (std::size_t i = 0; i < size; ++i) {
    if (wanted != 0 && !std::isfinite(data.scores[i])) {
      refuse(source, "scores", fmt::format("the score of token {} is not finite", i));
    }
    if (data.kind != TokenizerKind::kByteLevel && data.types[i] == TokenType::kByte &&
        byte_of_piece(data.pieces[i]) < 0) {
      refuse(source, "tokens",
             fmt::format("byte token {} is '{}', <0xNN> wanted", i, printable(data.pieces[i])));
    }
  }
}

void validate_merges(const TokenizerData& data, const std::string& source) {
  if (data.kind == TokenizerKind::kScores && !data.merges.empty()) {
    refuse(source, "merges", "a tokenizer with scores has none");
  }
  const auto size = static_cast<std::int32_t>(data.pieces.size());
  const auto in_range = [&](std::int32_t id) { return id >= 0 && id < size; };
  const auto piece = [&](std::int32_t id) -> const std::string& {
    return data.pieces[static_cast<std::size_t>(id)];
  };
  for (std::size_t rank = 0; rank < data.merges.size(); ++rank) {
    const Merge& merge = data.merges[rank];
    if (!in_range(merge.left) || !in_range(merge.right) || !in_range(merge.joined)) {
      refuse(source, "merges", fmt::format("merge {} has an id outside 0 to {}", rank, size - 1));
    }
    if (piece(merge.left) + piece(merge.right) != piece(merge.joined)) {
      refuse(source, "merges", fmt::format("merge {} does not join its parts", rank));
    }
  }
}

void validate_ids(const TokenizerData& data, const std::string& source) {
  const auto size = static_cast<std::int32_t>(data.pieces.size());
  const auto require = [&](std::string_view field, std::int32_t id, std::int32_t least) {
    if (id < least || id >= size) {
      refuse(source, field, fmt::format("found {}, must be {} to {}", id, least, size - 1));
    }
  };
  require("bos id", data.bos, -1);
  require("unknown id", data.unknown, -1);
  for (const std::int32_t id : data.ends) require("end id", id, 0);
}

class Writer {
 public:
  void number(std::uint32_t value) {
    for (unsigned shift = 0; shift < 32; shift += 8) {
      bytes_.push_back(static_cast<std::uint8_t>(value >> shift));
    }
  }
  void id(std::int32_t value) { number(static_cast<std::uint32_t>(value)); }
  void flag(bool value) { bytes_.push_back(value ? 1 : 0); }
  void byte(std::uint8_t value) { bytes_.push_back(value); }
  void text(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    bytes_.insert(bytes_.end(), value.begin(), value.end());
  }
  void raw(std::string_view value) { bytes_.insert(bytes_.end(), value.begin(), value.end()); }
  std::vector<std::uint8_t> take() { return std::move(bytes_); }

 private:
  std::vector<std::uint8_t> bytes_;
};

bool read_flag(ByteReader& in, std::string_view field) {
  const std::uint8_t value = in.u8(field);
  if (value > 1) refuse(in.source(), field, fmt::format("found {}, must be 0 or 1", value));
  return value == 1;
}

template <typename Enum>
Enum read_enum(ByteReader& in, std::string_view field, Enum first, Enum last) {
  const std::uint8_t value = in.u8(field);
  const auto low = static_cast<std::uint8_t>(first);
  const auto high = static_cast<std::uint8_t>(last);
  if (value < low || value > high) {
    refuse(in.source(), field, fmt::format("found {}, must be {} to {}", value, low, high));
  }
  return static_cast<Enum>(value);
}

// Every element takes at least `least` bytes, so a count can be checked before room is made.
std::uint32_t read_count(ByteReader& in, std::string_view field, std::uint64_t least) {
  const std::uint32_t count = in.u32(field);
  if (count > in.remaining() / least) {
    refuse(in.source(), field,
           fmt::format("{} elements cannot lie in {} bytes", count, in.remaining()));
  }
  return count;
}

void read_flags(ByteReader& in, TokenizerData& data) {
  data.kind = read_enum(in, "kind", TokenizerKind::kScores, TokenizerKind::kByteLevel);
  data.prefix = read_enum(in, "prefix", SpacePrefix::kNone, SpacePrefix::kUnlessSpace);
  data.prefix_first_only = read_flag(in, "prefix_first_only");
  data.split_at_spaces = read_flag(in, "split_at_spaces");
  data.whole_words_first = read_flag(in, "whole_words_first");
  data.add_bos = read_flag(in, "add_bos");
  data.splitter = std::string(in.text(in.u32("splitter"), "splitter"));
  data.bos = in.i32("bos id");
  data.unknown = in.i32("unknown id");
}

}  // namespace

int byte_of_piece(std::string_view piece) {
  if (piece.size() != 6 || !piece.starts_with("<0x") || !piece.ends_with('>')) return -1;
  const int high = hex_digit(piece[3]);
  const int low = hex_digit(piece[4]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

void validate(const TokenizerData& data, const std::string& source) {
  validate_pieces(data, source);
  validate_merges(data, source);
  validate_ids(data, source);
  if (data.kind == TokenizerKind::kByteLevel && !is_known_splitter(data.splitter)) {
    refuse(source, "splitter",
           fmt::format("'{}' is not supported, supported are {}", printable(data.splitter),
                       kKnownSplitters));
  }
}

void drop_foreign_ids(TokenizerData& data) {
  const auto size = static_cast<std::int32_t>(data.pieces.size());
  const auto foreign = [&](std::int32_t id) { return id < 0 || id >= size; };
  const auto note = [&](std::string_view what, std::int32_t id) {
    data.notes.push_back(
        fmt::format("tokenizer: {} id {} ignored, the vocabulary has {} tokens", what, id, size));
  };
  if (foreign(data.bos)) {
    if (data.bos != -1) note("bos", data.bos);
    data.bos = -1;
  }
  if (foreign(data.unknown)) {
    if (data.unknown != -1) note("unknown", data.unknown);
    data.unknown = -1;
  }
  for (const std::int32_t id : data.ends) {
    if (foreign(id)) note("end", id);
  }
  std::erase_if(data.ends, foreign);
}

std::vector<std::uint8_t> serialise(const TokenizerData& data) {
  Writer out;
  out.raw(kMagic);
  out.number(kVersion);
  out.byte(static_cast<std::uint8_t>(data.kind));
  out.byte(static_cast<std::uint8_t>(data.prefix));
  out.flag(data.prefix_first_only);
  out.flag(data.split_at_spaces);
  out.flag(data.whole_words_first);
  out.flag(data.add_bos);
  out.text(data.splitter);
  out.id(data.bos);
  out.id(data.unknown);
  out.number(static_cast<std::uint32_t>(data.ends.size()));
  for (const std::int32_t id : data.ends) out.id(id);
  out.number(static_cast<std::uint32_t>(data.pieces.size()));
  for (std::size_t i = 0; i < data.pieces.size(); ++i) {
    out.text(data.pieces[i]);
    out.byte(static_cast<std::uint8_t>(data.types[i]));
  }
  for (const float score : data.scores) out.number(std::bit_cast<std::uint32_t>(score));
  out.number(static_cast<std::uint32_t>(data.merges.size()));
  for (const Merge& merge : data.merges) {
    out.id(merge.left);
    out.id(merge.right);
    out.id(merge.joined);
  }
  return out.take();
}

TokenizerData deserialise(std::span<const std::uint8_t> bytes, const std::string& source) {
  ByteReader in(bytes, source);
  if (in.text(4, "magic") != kMagic) refuse(source, "magic", "not a serialised tokenizer");
  if (const std::uint32_t version = in.u32("version"); version != kVersion) {
    refuse(source, "version", fmt::format("found {}, supported is {}", version, kVersion));
  }
  TokenizerData data;
  read_flags(in, data);
  for (std::uint32_t left = read_count(in, "end ids", 4); left > 0; --left) {
    data.ends.push_back(in.i32("end ids"));
  }
  const std::uint32_t size = read_count(in, "tokens", 5);
  for (std::uint32_t i = 0; i < size; ++i) {
    data.pieces.emplace_back(in.text(in.u32("tokens"), "tokens"));
    data.types.push_back(read_enum(in, "token types", TokenType::kNormal, TokenType::kByte));
  }
  if (data.kind == TokenizerKind::kScores) {
    for (std::uint32_t i = 0; i < size; ++i) data.scores.push_back(in.f32("scores"));
  }
  for (std::uint32_t left = read_count(in, "merges", 12); left > 0; --left) {
    Merge merge{};
    merge.left = in.i32("merges");
    merge.right = in.i32("merges");
    merge.joined = in.i32("merges");
    data.merges.push_back(merge);
  }
  if (in.remaining() > 0) {
    refuse(source, "end", fmt::format("{} bytes after the end", in.remaining()));
  }
  validate(data, source);
  return data;
}

}  // namespace metronome::runtime
