// SPDX-License-Identifier: Apache-2.0
#include "hw/isa/lpu/opcode.h"

#include <array>

namespace metronome::lpu {
namespace {

constexpr OpcodeInfo kOpcodes[] = {
#define LPU_OP(name, mnemonic, unit, format, result, busy, skew, crossing, meaning, source) \
  {Opcode::name, mnemonic, Unit::unit, Format::format, result,                              \
   busy,         skew,     crossing,   meaning,        source},
#include "hw/isa/lpu/opcodes.def"
#undef LPU_OP
};

constexpr bool table_is_sound() {
  for (std::size_t i = 0; i < std::size(kOpcodes); ++i) {
    const OpcodeInfo& row = kOpcodes[i];
    if (static_cast<std::size_t>(row.opcode) != i || row.mnemonic.empty()) return false;
    if (row.meaning.empty() || row.source.empty()) return false;
    if (row.result_cycles <= 0 || row.busy_cycles <= 0 || row.skew_cycles < 0) return false;
    for (std::size_t j = 0; j < i; ++j) {
      if (kOpcodes[j].mnemonic == row.mnemonic) return false;
    }
  }
  return true;
}
static_assert(table_is_sound(), "opcodes.def: an entry lacks name, timing, meaning or source");

using enum Field;
constexpr FieldLayout kCountField{kCount, "count", FieldKind::kNumber, 2};
constexpr FieldLayout kStrideField{kStride, "stride", FieldKind::kNumber, 2};
constexpr FieldLayout kStepField{kStep, "step", FieldKind::kSigned, 2};
constexpr FieldLayout kAddressField{kAddress, "address", FieldKind::kNumber, 2};
constexpr FieldLayout kInField{kIn, "in", FieldKind::kStream, 2};
constexpr FieldLayout kMapField{kIn2, "map", FieldKind::kStream, 2};
constexpr FieldLayout kOutField{kOut, "out", FieldKind::kStream, 2};
constexpr FieldLayout kSuperlanesField{kSuperlanes, "superlanes", FieldKind::kNumber, 1};
constexpr FieldLayout kResultField{kResult, "z", FieldKind::kOptionalStream, 2};
constexpr FieldLayout kAField{kSourceA, "a", FieldKind::kSource, 2};
constexpr FieldLayout kBField{kSourceB, "b", FieldKind::kSource, 2};
constexpr FieldLayout kImmediateField{kImmediate, "imm", FieldKind::kBits, 4};
constexpr FieldLayout kFlagsField{kFlags, "flags", FieldKind::kNumber, 1};
constexpr FieldLayout kUnitField{kDistributor, "unit", FieldKind::kNumber, 1};

constexpr FieldLayout kCountFormat[] = {kCountField};
constexpr FieldLayout kRepeatFormat[] = {kCountField, kStrideField, kStepField};
constexpr FieldLayout kConfigFormat[] = {kSuperlanesField};
constexpr FieldLayout kFetchFormat[] = {kInField};
constexpr FieldLayout kMemoryFormat[] = {kAddressField, kOutField};
constexpr FieldLayout kMemoryInFormat[] = {kAddressField, kInField};
constexpr FieldLayout kGatherFormat[] = {kAddressField, kMapField, kOutField};
constexpr FieldLayout kScatterFormat[] = {kAddressField, kInField, kMapField};
constexpr FieldLayout kNullaryFormat[] = {kResultField, kSuperlanesField};
constexpr FieldLayout kUnaryFormat[] = {kAField, kResultField, kFlagsField, kSuperlanesField};
constexpr FieldLayout kBinaryFormat[] = {kAField, kBField, kImmediateField, kResultField,
                                         kSuperlanesField};
constexpr FieldLayout kLoadWeightsFormat[] = {kInField, {kRow, "row", FieldKind::kNumber, 2}};
constexpr FieldLayout kInstallFormat[] = {{kRows, "rows", FieldKind::kNumber, 2}};
constexpr FieldLayout kActivateFormat[] = {kInField, kSuperlanesField};
constexpr FieldLayout kAccumulateFormat[] = {
    {kSlot, "slot", FieldKind::kNumber, 1}, kFlagsField, kResultField};
constexpr FieldLayout kShiftFormat[] = {
    kInField, {kAmount, "amount", FieldKind::kNumber, 2}, kOutField};
constexpr FieldLayout kSelectFormat[] = {kInField,
                                         {kIn2, "in2", FieldKind::kStream, 2},
                                         {kMask, "mask", FieldKind::kStream, 2},
                                         kOutField};
constexpr FieldLayout kPermuteFormat[] = {
    kInField, {kMask, "map", FieldKind::kStream, 2}, kOutField};
constexpr FieldLayout kDistributeFormat[] = {kInField,
                                             kUnitField,
                                             {kMap0, "map0", FieldKind::kBits, 4},
                                             {kMap1, "map1", FieldKind::kBits, 4},
                                             {kMap2, "map2", FieldKind::kBits, 4},
                                             kOutField};
constexpr FieldLayout kRotateFormat[] = {
    kInField, {kAmount, "n", FieldKind::kNumber, 2}, kOutField};
constexpr FieldLayout kTransposeFormat[] = {kInField, kUnitField, kOutField};

}  // namespace

std::span<const OpcodeInfo> opcodes() { return kOpcodes; }

const OpcodeInfo& info(Opcode opcode) { return kOpcodes[static_cast<std::size_t>(opcode)]; }

std::optional<Opcode> opcode_named(std::string_view mnemonic) {
  for (const OpcodeInfo& row : kOpcodes) {
    if (row.mnemonic == mnemonic) return row.opcode;
  }
  return std::nullopt;
}

std::span<const FieldLayout> fields(Format format) {
  switch (format) {
    case Format::kNone:
      return {};
    case Format::kCount:
      return kCountFormat;
    case Format::kRepeat:
      return kRepeatFormat;
    case Format::kConfig:
      return kConfigFormat;
    case Format::kFetch:
      return kFetchFormat;
    case Format::kMemory:
      return kMemoryFormat;
    case Format::kMemoryIn:
      return kMemoryInFormat;
    case Format::kGather:
      return kGatherFormat;
    case Format::kScatter:
      return kScatterFormat;
    case Format::kNullary:
      return kNullaryFormat;
    case Format::kUnary:
      return kUnaryFormat;
    case Format::kBinary:
      return kBinaryFormat;
    case Format::kLoadWeights:
      return kLoadWeightsFormat;
    case Format::kInstall:
      return kInstallFormat;
    case Format::kActivate:
      return kActivateFormat;
    case Format::kAccumulate:
      return kAccumulateFormat;
    case Format::kShift:
      return kShiftFormat;
    case Format::kSelect:
      return kSelectFormat;
    case Format::kPermute:
      return kPermuteFormat;
    case Format::kDistribute:
      return kDistributeFormat;
    case Format::kRotate:
      return kRotateFormat;
    case Format::kTranspose:
      return kTransposeFormat;
  }
  return {};
}

std::string_view to_string(Unit unit) {
  switch (unit) {
    case Unit::kIcu:
      return "ICU";
    case Unit::kMem:
      return "MEM";
    case Unit::kVxm:
      return "VXM";
    case Unit::kMxmWeights:
      return "MXM weights";
    case Unit::kMxmActivations:
      return "MXM activations";
    case Unit::kMxmAccumulate:
      return "MXM accumulate";
    case Unit::kSxmShift:
      return "SXM shift";
    case Unit::kSxmPermute:
      return "SXM permute";
    case Unit::kSxmDistribute:
      return "SXM distribute";
    case Unit::kSxmTranspose:
      return "SXM transpose";
    case Unit::kC2c:
      return "C2C";
  }
  return "?";
}

}  // namespace metronome::lpu
