// SPDX-License-Identifier: Apache-2.0
// Writes a kernel: operations on values that have no registers yet, structured loops, parameters.
// finish() orders the instructions, gives out registers and writes the control bits.
//
// Every operation takes an optional last argument, the value that it writes; without it a new one
// is made. A value is written before it is read in the order of the code, also where branches skip.
#pragma once

#include <bit>
#include <functional>
#include <string>

#include "compiler/gpu/virtual_code.h"

namespace metronome::gpu {

/// A 64-bit number that the launch gives, most often the address of a buffer.
struct Parameter {
  int index = -1;
};

/// What a second operand may be.
struct Operand {
  Source source = Source::kRegister;
  Value value;
  std::uint32_t bits = 0;
  int parameter = -1;

  Operand(Value v) : value(v) {}  // NOLINT(google-explicit-constructor)
  Operand(std::int64_t n)         // NOLINT(google-explicit-constructor)
      : source(Source::kImmediate), bits(static_cast<std::uint32_t>(n)) {}
  Operand(int n) : Operand(std::int64_t{n}) {}  // NOLINT(google-explicit-constructor)
  Operand(float f)                              // NOLINT(google-explicit-constructor)
      : source(Source::kImmediate), bits(std::bit_cast<std::uint32_t>(f)) {}
  Operand(Parameter p)  // NOLINT(google-explicit-constructor)
      : source(Source::kParameter), parameter(p.index) {}
};

/// Where something lies in memory: a parameter, bytes in a register, and bytes known now, added up.
struct Pointer {
  Parameter base;
  Value offset;
  std::int64_t bytes = 0;

  Pointer operator+(std::int64_t more) const { return {base, offset, bytes + more}; }
};

class KernelBuilder {
 public:
  KernelBuilder(std::string name, int threads);
  KernelBuilder(const KernelBuilder&) = delete;
  KernelBuilder& operator=(const KernelBuilder&) = delete;

  int threads() const { return threads_; }
  int warps() const { return threads_ / kWarpLanes; }

  Parameter parameter();
  /// The kernel needs at least so much shared memory. Parts of a kernel use it one after another.
  void need_shared(std::int64_t bytes);

  Value value(int words = 1);
  Flag flag();

  // Integer.
  Value mov(const Operand& b, Value into = {});
  Value iadd(Value a, const Operand& b, Value c = {}, Value into = {});
  Value imad(Value a, const Operand& b, Value c = {}, Value into = {});
  Value bit_and(Value a, const Operand& b, Value into = {});
  Value shift_left(Value a, const Operand& b, Value into = {});
  Value shift_right(Value a, const Operand& b, Value into = {});
  Value smaller(Value a, const Operand& b, Value into = {});
  Value select(Flag p, Value a, const Operand& b, Value into = {});
  Value special(Special which);
  Value dot4(Value a, const Operand& b, Value c, Value into = {});
  /// a / n for 0 <= a < limit, by multiplying. Errors: InvariantError if 32 bits do not suffice.
  Value divide(Value a, std::int64_t n, std::int64_t limit);
  Flag compare(Value a, Compare compare, const Operand& b);

  // fp32 and fp16.
  Value fadd(Value a, const Operand& b, Value into = {});
  Value fmul(Value a, const Operand& b, Value into = {});
  Value ffma(Value a, const Operand& b, Value c, Value into = {});
  Value fmax(Value a, const Operand& b, Value into = {});
  Value half_low(Value b, Value into = {});
  Value half_high(Value b, Value into = {});
  Value pack_half(Value low, Value high, Value into = {});
  Value ex2(const Operand& b, Value into = {});
  Value reciprocal(const Operand& b, Value into = {});
  Value reciprocal_root(const Operand& b, Value into = {});
  Value to_float(const Operand& b, Value into = {});
  Value to_integer(const Operand& b, Value into = {});
  /// d (4 words) = a (4) b (2) + c (4), HMMA or IMMA.
  void multiply_tile(Opcode opcode, Value d, Value a, Value b, Value c);

  // Memory. `at`: bytes in a register added to the pointer; none for the pointer alone.
  Value load(int words, const Pointer& from, Value at, CacheUse cache, Value into = {});
  void store(Value value, const Pointer& to, Value at);
  Value load_shared(int words, Value at, std::int64_t bytes, Value into = {});
  void store_shared(Value value, Value at, std::int64_t bytes);
  Value load_matrices(Value at, std::int64_t bytes);
  /// 16 bytes a lane from memory to shared memory at `target`, in the background.
  void copy(const Pointer& from, Value at, Value target);
  void close_copies();
  void await_copies(int groups_left);
  /// Adds a number that is known now; nobody gets the old value.
  void atomic_add(const Pointer& to, std::int64_t addend);
  void fence();
  void barrier();
  Value from_lane_xor(Value a, int mask);
  Value from_lane(Value a, const Operand& lane);

  // Control.
  /// Operations of `body` take place in the lanes where `flag` holds.
  void guarded(Flag flag, const std::function<void()>& body);
  /// `flag` must be the same in all lanes of a warp.
  void only_if(Flag flag, const std::function<void()>& body);
  /// As long as `body`, which runs at least once, returns true in all lanes.
  void repeat(const std::function<Flag()>& body);
  /// for (item = first; item < end; item += step), all of them the same over a warp.
  void for_each(const Operand& first, const Operand& end, const Operand& step,
                const std::function<void(Value)>& body);
  /// Over the items of a grid: item = CTA, CTA + CTAs, ...
  void for_items(const Operand& count, const std::function<void(Value)>& body);

  /// Not yet held against the limits of `spec`: validate() does that.
  Kernel finish(const GpuSpec& spec);

 private:
  VirtualInstruction& emit(Opcode opcode);
  Value unary(Opcode opcode, const Operand& b, Value into);
  Value binary(Opcode opcode, Value a, const Operand& b, Value into);
  Value ternary(Opcode opcode, Value a, const Operand& b, Value c, Value into);
  void set_b(VirtualInstruction& v, const Operand& b);
  void set_address(VirtualInstruction& v, const Pointer& p, Value at);
  int here() const { return static_cast<int>(code_.code.size()); }
  void branch(int label, Flag flag);

  std::string name_;
  int threads_;
  int parameters_ = 0;
  std::int64_t shared_bytes_ = 0;
  Flag guard_;
  VirtualCode code_;
};

/// Sum over `lanes` neighbouring lanes (a power of two), the same in all of them.
Value sum_lanes(KernelBuilder& k, Value v, int lanes);
/// The larger of all, likewise.
Value max_lanes(KernelBuilder& k, Value v, int lanes);

}  // namespace metronome::gpu
