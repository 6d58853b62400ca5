// SPDX-License-Identifier: Apache-2.0
#include "hw/isa/gpu/instruction.h"

#include <fmt/core.h>

#include "hw/isa/error.h"

namespace metronome::gpu {
namespace {

constexpr OpcodeInfo kInfos[] = {
#define GPU_OP(enumerator, mnemonic, unit, format, meaning, source) \
  {Opcode::enumerator, mnemonic, Unit::unit, Format::format, meaning, source},
#include "hw/isa/gpu/opcodes.def"
#undef GPU_OP
};

constexpr int kMatrixRegisters = 4;

RegisterRange b_range(const Instruction& i, int count = 1) {
  return i.b_source == Source::kRegister ? RegisterRange{i.b, count} : RegisterRange{};
}

}  // namespace

const OpcodeInfo& info(Opcode opcode) { return kInfos[static_cast<std::size_t>(opcode)]; }

std::vector<Opcode> opcodes() {
  std::vector<Opcode> all;
  for (const OpcodeInfo& i : kInfos) all.push_back(i.opcode);
  return all;
}

std::string_view name(Unit unit) {
  switch (unit) {
    case Unit::kFma:
      return "fma";
    case Unit::kHalf:
      return "half";
    case Unit::kInteger:
      return "integer";
    case Unit::kSfu:
      return "sfu";
    case Unit::kTensor:
      return "tensor";
    case Unit::kMemory:
      return "memory";
    case Unit::kControl:
      return "control";
  }
  return {};
}

Operands operands(const Instruction& i) {
  const RegisterRange a{i.a, 1};
  const RegisterRange b = b_range(i);
  const RegisterRange c{i.c, 1};
  const RegisterRange d{i.d, 1};
  switch (info(i.opcode).format) {
    case Format::kNone:
    case Format::kCount:
    case Format::kBranch:
    case Format::kDepbar:
      return {};
    case Format::kUnary:
      return {d, {RegisterRange{}, b, RegisterRange{}}};
    case Format::kBinary:
    case Format::kSelect:
    case Format::kShuffle:
    case Format::kAtomic:
      return {d, {a, b, RegisterRange{}}};
    case Format::kTernary:
      return {d, {a, b, c}};
    case Format::kCompare:
      return {{}, {a, b, RegisterRange{}}};
    case Format::kSpecial:
      return {d, {}};
    case Format::kMma:
      return {{i.d, kMatrixRegisters},
              {RegisterRange{i.a, kMatrixRegisters}, RegisterRange{i.b, 2},
               RegisterRange{i.c, kMatrixRegisters}}};
    case Format::kWarpgroup:
      return {{i.d, i.count / 2}, {a, b, RegisterRange{i.d, i.count / 2}}};
    case Format::kLoad:
      if (i.opcode == Opcode::kLdsm) return {{i.d, kMatrixRegisters}, {a, {}, {}}};
      return {{i.d, i.width}, {a, i.opcode == Opcode::kLdsRemote ? b : RegisterRange{}, {}}};
    case Format::kStore:
      return {{}, {a, b_range(i, i.width), RegisterRange{}}};
    case Format::kCopy:
      return {{}, {a, b, RegisterRange{}}};
  }
  return {};
}

}  // namespace metronome::gpu
