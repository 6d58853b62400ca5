// SPDX-License-Identifier: Apache-2.0
// A warp instruction with its control bits, and the kernel that is made of them.
// A warp is 32 lanes; a register is 32 bits a lane. Control bits are those that a compiler writes
// for the hardware: nothing checks fixed latencies at run time on silicon, here a check does.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hw/isa/gpu/gpu_spec.h"

namespace metronome::gpu {

enum class Unit : std::uint8_t { kFma, kHalf, kInteger, kSfu, kTensor, kMemory, kControl };
inline constexpr int kUnits = 7;

enum class Format : std::uint8_t {
  kNone,
  kUnary,
  kBinary,
  kTernary,
  kCompare,
  kSelect,
  kSpecial,
  kMma,
  kWarpgroup,
  kCount,
  kLoad,
  kStore,
  kCopy,
  kAtomic,
  kShuffle,
  kBranch,
  kDepbar,
};

enum class Opcode : std::uint8_t {
#define GPU_OP(enumerator, mnemonic, unit, format, meaning, source) enumerator,
#include "hw/isa/gpu/opcodes.def"
#undef GPU_OP
};

struct OpcodeInfo {
  Opcode opcode;
  std::string_view mnemonic;
  Unit unit;
  Format format;
  std::string_view meaning;
  std::string_view source;
};
const OpcodeInfo& info(Opcode opcode);
std::vector<Opcode> opcodes();
std::string_view name(Unit unit);
/// Waited for by stall counts; the other units through dependence counters.
constexpr bool has_fixed_latency(Unit unit) {
  return unit == Unit::kFma || unit == Unit::kHalf || unit == Unit::kInteger ||
         unit == Unit::kControl;
}

using Register = std::uint8_t;
using Predicate = std::uint8_t;
inline constexpr Register kZeroRegister = 255;  // RZ: reads 0, writes are lost
inline constexpr Predicate kTruePredicate = 7;  // PT
inline constexpr int kDependenceCounters = 6;   // SB0-SB5 of a warp
inline constexpr std::uint8_t kNoCounter = 7;
inline constexpr int kMaxStall = 15;
inline constexpr int kMbarriers = 8;  // of a CTA

enum class Compare : std::uint8_t { kLt, kLe, kGt, kGe, kEq, kNe };
enum class Special : std::uint8_t {
  kLane,
  kWarp,
  kThread,  // within the CTA
  kCta,
  kCtas,  // of the grid
  kClusterRank,
  kSm,
};
/// What the second operand `b` is.
enum class Source : std::uint8_t { kRegister, kImmediate, kParameter };
/// How a global load uses the caches.
enum class CacheUse : std::uint8_t {
  kAll,     // L1 and L2
  kL2,      // not L1 (LDG.CG)
  kStrong,  // the home slice of L2: sees other SMs' stores (LDG.STRONG.GPU)
};

struct Control {
  std::uint8_t stall = 1;                   // cycles until the warp may issue again, 0..15 (0 as 1)
  bool yield = false;                       // not this warp in the next cycle
  std::uint8_t write_counter = kNoCounter;  // released when the result is there (RAW, WAW)
  std::uint8_t read_counter = kNoCounter;   // released when the operands have been read (WAR)
  std::uint8_t wait_mask = 0;               // counters that must be zero to issue
  std::uint8_t reuse = 0;                   // bit i: source i stays in the register-file cache

  bool operator==(const Control&) const = default;
};

/// Fields that a format does not use stay at their defaults.
struct Instruction {
  Opcode opcode = Opcode::kNop;
  Predicate guard = kTruePredicate;  // lanes that take part
  bool guard_negated = false;
  Register d = kZeroRegister;  // first of the registers written
  Register a = kZeroRegister;  // first of the registers read
  Register b = kZeroRegister;  // if b_source is kRegister
  Register c = kZeroRegister;
  Source b_source = Source::kRegister;
  std::uint32_t immediate = 0;           // b's bits
  std::uint16_t parameter = 0;           // b, or the base of an address
  bool has_base = false;                 // the address has the parameter as its base
  std::int32_t offset = 0;               // bytes, added to an address
  std::uint8_t width = 1;                // registers a lane of a memory access: 1, 2, 4
  Predicate predicate = kTruePredicate;  // written by compares, read by SEL
  Compare compare = Compare::kLt;
  Special special = Special::kLane;
  CacheUse cache = CacheUse::kAll;
  std::uint16_t count = 0;   // of waits; N of HGMMA; bytes / 16 of UBLKCP
  std::uint8_t counter = 0;  // DEPBAR.LE; the mbarrier of UBLKCP and SYNCS.WAIT
  std::int32_t target = -1;  // of a branch: index of an instruction
  Control control;

  bool operator==(const Instruction&) const = default;
};

/// Registers that `i` reads or writes, with groups expanded: each is a first register and a count.
struct RegisterRange {
  Register first = kZeroRegister;
  int count = 0;  // 0: none
};
struct Operands {
  RegisterRange written;
  std::array<RegisterRange, 3> read;  // a, b, c
};
Operands operands(const Instruction& i);

/// A program for warps and what a CTA of it needs.
struct Kernel {
  std::string name;
  std::vector<Instruction> code;  // ends with EXIT
  int registers = 0;              // a thread
  std::int64_t shared_bytes = 0;  // a CTA
  int threads = 32;               // a CTA, 1 to 1024
  int parameters = 0;

  int warps() const { return (threads + kWarpLanes - 1) / kWarpLanes; }
};

/// Errors: UserError `kernel: instruction n: field: found, limit`: registers and parameters out of
/// range, targets outside the code, no EXIT, a kernel that `spec` cannot hold.
void validate(const Kernel& kernel, const GpuSpec& spec);

/// One kernel launch: a grid of CTAs with parameters (64-bit values, addresses or numbers).
struct Launch {
  const Kernel* kernel = nullptr;
  std::string name;  // `blk.0.attn_q`
  std::int64_t ctas = 1;
  int cluster = 1;  // CTAs that run together in a GPC; divides ctas
  std::vector<std::uint64_t> parameters;
};

/// `@!P0 LDG.128 R4, [c[1]+R2+0x10]` without control bits.
std::string to_text(const Instruction& i);
/// `{stall 4, write SB0, wait SB1 SB2}`, empty for the defaults.
std::string to_text(const Control& control);

}  // namespace metronome::gpu
