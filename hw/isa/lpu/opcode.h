// SPDX-License-Identifier: Apache-2.0
// What opcodes.def says, as types: opcodes, the fields of each format, timing.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "hw/isa/lpu/types.h"

namespace metronome::lpu {

enum class Opcode : std::uint8_t {
#define LPU_OP(name, ...) name,
#include "hw/isa/lpu/opcodes.def"
#undef LPU_OP
};

/// The queue kind an instruction may stand in; kIcu ones may stand in any.
enum class Unit : std::uint8_t {
  kIcu,
  kMem,
  kVxm,
  kMxmWeights,
  kMxmActivations,
  kMxmAccumulate,
  kSxmShift,
  kSxmPermute,
  kSxmDistribute,
  kSxmTranspose,
  kC2c,
};

enum class Format : std::uint8_t {
  kNone,
  kCount,
  kRepeat,
  kConfig,
  kFetch,
  kMemory,
  kMemoryIn,
  kGather,
  kScatter,
  kNullary,
  kUnary,
  kBinary,
  kLoadWeights,
  kInstall,
  kActivate,
  kAccumulate,
  kShift,
  kSelect,
  kPermute,
  kDistribute,
  kRotate,
  kTranspose,
};

/// A field of an instruction word. Those that most issues look at come first: together with opcode
/// and cycle they fill a line of the host's cache.
enum class Field : std::uint8_t {
  kAddress,      // 13 bits on groq1; the top one is the bank
  kIn,           // StreamGroup sampled
  kIn2,          // second StreamGroup: gather map, select's b
  kOut,          // StreamGroup written
  kSourceA,      // VXM operand
  kSourceB,      // VXM operand
  kResult,       // VXM result: a StreamGroup, or none (chained only)
  kImmediate,    // fp32 or int32 bits
  kFlags,        // bit 0: init / add; bit 1: emit
  kSuperlanes,   // active superlanes, from superlane 0
  kRow,          // first weight row of this load
  kRows,         // weight rows installed
  kSlot,         // accumulator
  kAmount,       // lanes shifted
  kMask,         // third StreamGroup: select mask, permute map
  kDistributor,  // which distributor or transposer of the queue
  kMap0,         // distribute map, six 5-bit entries a word
  kMap1,
  kMap2,
  kCount,   // NOP: cycles; Repeat: further issues
  kStride,  // cycles between issues
  kStep,    // address step of each issue, two's complement
};
constexpr std::size_t kFieldCount = 22;

/// How a field is written in text and how many bytes it takes in the word.
enum class FieldKind : std::uint8_t { kNumber, kSigned, kStream, kOptionalStream, kSource, kBits };

struct FieldLayout {
  Field field;
  std::string_view name;
  FieldKind kind;
  std::uint8_t bytes;
};

struct OpcodeInfo {
  Opcode opcode;
  std::string_view mnemonic;
  Unit unit;
  Format format;
  int result_cycles;
  int busy_cycles;
  int skew_cycles;
  int crossings;
  std::string_view meaning;
  std::string_view source;

  /// Dispatch until the result is on its stream register, crossings included.
  constexpr int latency(int superlanes) const {
    return result_cycles + crossings * (superlanes - 1);
  }
};

std::span<const OpcodeInfo> opcodes();
const OpcodeInfo& info(Opcode opcode);
std::optional<Opcode> opcode_named(std::string_view mnemonic);
std::span<const FieldLayout> fields(Format format);
std::string_view to_string(Unit unit);

constexpr std::uint32_t kFlagInit = 1;  // VXM accumulators: start from the operand
constexpr std::uint32_t kFlagAdd = 1;   // ACC: add to the slot instead of setting it
constexpr std::uint32_t kFlagEmit = 2;  // ACC: put the slot on the result streams

}  // namespace metronome::lpu
