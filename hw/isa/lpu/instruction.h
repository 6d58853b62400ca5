// SPDX-License-Identifier: Apache-2.0
// One LPU instruction: an opcode and the fields its format has. Unused fields are zero.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "hw/isa/lpu/opcode.h"
#include "hw/isa/lpu/types.h"

namespace metronome::lpu {

/// Where a VXM operand comes from.
struct Source {
  enum class Kind : std::uint8_t { kNone = 0, kStream = 1, kAlu = 2, kImmediate = 3 };
  Kind kind = Kind::kNone;
  StreamGroup stream;    // kStream
  std::uint8_t alu = 0;  // kAlu: the result that ALU delivers in the cycle of dispatch

  static Source from(StreamGroup group) { return {Kind::kStream, group, 0}; }
  static Source from_alu(std::uint8_t index) { return {Kind::kAlu, {}, index}; }
  static Source immediate() { return {Kind::kImmediate, {}, 0}; }
  bool operator==(const Source&) const = default;
};

// StreamGroup: bits 0-4 first stream, 5-7 log2 width, 8 direction.
std::uint16_t pack(StreamGroup group);
inline StreamGroup unpack_stream(std::uint32_t bits) {
  return {static_cast<Direction>((bits >> 8U) & 1U), static_cast<std::uint8_t>(bits & 31U),
          static_cast<std::uint8_t>(1U << ((bits >> 5U) & 7U))};
}

// Source: bits 14-15 kind, the rest a StreamGroup or an ALU number.
std::uint16_t pack(Source source);
inline Source unpack_source(std::uint32_t bits) {
  Source source;
  source.kind = static_cast<Source::Kind>((bits >> 14U) & 3U);
  if (source.kind == Source::Kind::kStream) source.stream = unpack_stream(bits);
  if (source.kind == Source::Kind::kAlu) source.alu = static_cast<std::uint8_t>(bits & 15U);
  return source;
}

constexpr std::uint32_t kNoStream = 0xFFFF;  // an optional stream field that is absent

struct Instruction {
  Opcode opcode = Opcode::kNop;
  std::array<std::uint32_t, kFieldCount> values{};

  std::uint32_t get(Field f) const { return values[static_cast<std::size_t>(f)]; }
  Instruction& set(Field f, std::uint32_t v) {
    values[static_cast<std::size_t>(f)] = v;
    return *this;
  }
  Instruction& set(Field f, StreamGroup group) { return set(f, std::uint32_t{pack(group)}); }
  Instruction& set(Field f, Source source) { return set(f, std::uint32_t{pack(source)}); }

  StreamGroup stream(Field f) const { return unpack_stream(get(f)); }
  Source source(Field f) const { return unpack_source(get(f)); }
  /// The result streams of a VXM or ACC instruction; none if it is only chained or held.
  std::optional<StreamGroup> result() const {
    if (get(Field::kResult) == kNoStream) return std::nullopt;
    return stream(Field::kResult);
  }
  std::int32_t step() const {
    return static_cast<std::int16_t>(static_cast<std::uint16_t>(get(Field::kStep)));
  }
  bool operator==(const Instruction&) const = default;
};

/// Every stream group the instruction samples, in operand order.
std::vector<StreamGroup> sampled_streams(const Instruction& instruction);
/// The stream group it drives, if any.
std::optional<StreamGroup> driven_stream(const Instruction& instruction);

/// Distribute map: entry l of 16 is the source lane, or 16 for zero.
constexpr std::uint32_t kMapZero = 16;
void set_distribute_map(Instruction& instruction, const std::array<std::uint8_t, 16>& map);
std::array<std::uint8_t, 16> distribute_map(const Instruction& instruction);

}  // namespace metronome::lpu
