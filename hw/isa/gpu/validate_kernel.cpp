// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include "hw/isa/error.h"
#include "hw/isa/gpu/instruction.h"

namespace metronome::gpu {
namespace {

constexpr int kMostRegisters = 255;
constexpr int kMostThreads = 1024;

class Validator {
 public:
  Validator(const Kernel& kernel, const GpuSpec& spec) : kernel_(kernel), spec_(spec) {}

  void check_resources() const {
    range("threads", kernel_.threads, 1, kMostThreads);
    range("registers", kernel_.registers, 0, kMostRegisters);
    range("warps", kernel_.warps(), 1, spec_.warps_per_sm);
    range("shared_bytes", kernel_.shared_bytes, 0, spec_.shared_bytes);
    const std::int64_t registers =
        std::int64_t{(kernel_.registers + 7) / 8 * 8} * kWarpLanes * kernel_.warps();
    range("registers of a CTA", registers, 0, spec_.registers_per_sm);
    if (kernel_.code.empty() || kernel_.code.back().opcode != Opcode::kExit ||
        kernel_.code.back().guard != kTruePredicate || kernel_.code.back().guard_negated) {
      fail("code", "does not end with an EXIT for all lanes");
    }
  }

  void check_instruction(std::size_t at) {
    const Instruction& i = kernel_.code[at];
    where_ = fmt::format("instruction {} `{}`", at, to_text(i));
    const Operands o = operands(i);
    check_registers(o.written);
    for (const RegisterRange& r : o.read) check_registers(r);
    if (i.has_base || i.b_source == Source::kParameter) {
      range("parameter", i.parameter, 0, kernel_.parameters - 1);
    }
    if (i.opcode == Opcode::kBra) {
      range("target", i.target, 0, static_cast<std::int64_t>(kernel_.code.size()) - 1);
    }
    if (i.width != 1 && i.width != 2 && i.width != 4) {
      fail("width", fmt::format("found {}, expected 1, 2 or 4", i.width));
    }
    check_words(i);
    check_machine(i);
  }

 private:
  [[noreturn]] void fail(const std::string& field, const std::string& what) const {
    throw UserError(fmt::format("kernel {}: {}{}: {}", kernel_.name,
                                where_.empty() ? "" : where_ + ": ", field, what));
  }
  void range(const std::string& field, std::int64_t found, std::int64_t least,
             std::int64_t most) const {
    if (found >= least && found <= most) return;
    fail(field, fmt::format("found {}, allowed {} to {} on {}", found, least, most, spec_.name));
  }
  void check_registers(const RegisterRange& r) const {
    if (r.count == 0 || r.first == kZeroRegister) return;
    range("register", r.first + r.count - 1, 0, kernel_.registers - 1);
  }
  /// Groups that move as one word begin at a multiple of their size.
  void check_words(const Instruction& i) const {
    range("guard", i.guard, 0, kTruePredicate);
    range("predicate", i.predicate, 0, kTruePredicate);
    range("stall", i.control.stall, 0, kMaxStall);
    check_counter(i.control.write_counter);
    check_counter(i.control.read_counter);
    range("wait mask", i.control.wait_mask, 0, (1 << kDependenceCounters) - 1);
    const Format format = info(i.opcode).format;
    if (format != Format::kLoad && format != Format::kStore) return;
    if (format == Format::kStore && i.b_source != Source::kRegister) {
      fail("b", "a store takes its data from registers");
    }
    const Register first = format == Format::kLoad ? i.d : i.b;
    if (first != kZeroRegister && first % i.width != 0) {
      fail("register", fmt::format("found {}, expected a multiple of {}", first, i.width));
    }
  }
  void check_counter(std::uint8_t counter) const {
    if (counter != kNoCounter) range("counter", counter, 0, kDependenceCounters - 1);
  }
  void check_machine(const Instruction& i) const {
    if (i.opcode == Opcode::kHgmma) {
      if (spec_.warpgroup_mma == 0) fail("HGMMA", spec_.name + " has no warpgroup multiply");
      if (i.count < 8 || i.count > 256 || i.count % 8 != 0) {
        fail("N", fmt::format("found {}, expected a multiple of 8 from 8 to 256", i.count));
      }
      if (i.d == kZeroRegister) fail("d", "HGMMA accumulates in registers, not in RZ");
      if (kernel_.warps() % 4 != 0) fail("warps", "a warpgroup has four");
    }
    if (i.opcode == Opcode::kImma && spec_.tensor_i8_macs == 0) {
      fail("IMMA", spec_.name + " has no int8 tensor cores");
    }
    if (i.opcode == Opcode::kBulkCopy && spec_.bulk_copy_cycles == 0) {
      fail("UBLKCP", spec_.name + " has no bulk copy engine");
    }
    if (i.opcode == Opcode::kBulkCopy || i.opcode == Opcode::kMbarrierWait) {
      range("mbarrier", i.counter, 0, kMbarriers - 1);
    }
    if (i.opcode == Opcode::kDepbar) range("counter", i.counter, 0, kDependenceCounters - 1);
  }

  const Kernel& kernel_;
  const GpuSpec& spec_;
  std::string where_;
};

}  // namespace

void validate(const Kernel& kernel, const GpuSpec& spec) {
  Validator validator(kernel, spec);
  validator.check_resources();
  for (std::size_t at = 0; at < kernel.code.size(); ++at) validator.check_instruction(at);
}

}  // namespace metronome::gpu
