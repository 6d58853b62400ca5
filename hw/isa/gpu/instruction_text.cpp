// SPDX-License-Identifier: Apache-2.0
// Instructions and kernels to text.
#include <fmt/core.h>

#include <map>

#include "hw/isa/gpu/assembly.h"
#include "hw/isa/gpu/assembly_words.h"

namespace metronome::gpu {
namespace {

std::string reg(Register r) { return r == kZeroRegister ? "RZ" : fmt::format("R{}", r); }
std::string pred(Predicate p) { return p == kTruePredicate ? "PT" : fmt::format("P{}", p); }

std::string b_text(const Instruction& i) {
  switch (i.b_source) {
    case Source::kRegister:
      return reg(i.b);
    case Source::kImmediate:
      return fmt::format("{:#x}", i.immediate);
    case Source::kParameter:
      return fmt::format("c[{}]", i.parameter);
  }
  return {};
}

std::string address(const Instruction& i) {
  std::string text;
  if (i.has_base) text += fmt::format("c[{}]+", i.parameter);
  text += reg(i.a);
  if (i.offset != 0) text += fmt::format("{:+}", i.offset);
  return "[" + text + "]";
}

std::string memory_suffix(const Instruction& i) {
  return std::string(i.width == 1   ? ""
                     : i.width == 2 ? ".64"
                                    : ".128") +
         std::string(suffix(i.cache));
}

std::string operand_text(const Instruction& i) {
  switch (info(i.opcode).format) {
    case Format::kNone:
      return "";
    case Format::kUnary:
      return fmt::format(" {}, {}", reg(i.d), b_text(i));
    case Format::kBinary:
    case Format::kShuffle:
      return fmt::format(" {}, {}, {}", reg(i.d), reg(i.a), b_text(i));
    case Format::kTernary:
    case Format::kMma:
      return fmt::format(" {}, {}, {}, {}", reg(i.d), reg(i.a), b_text(i), reg(i.c));
    case Format::kCompare:
      return fmt::format("{} {}, {}, {}", suffix(i.compare), pred(i.predicate), reg(i.a),
                         b_text(i));
    case Format::kSelect:
      return fmt::format(" {}, {}, {}, {}", reg(i.d), reg(i.a), b_text(i), pred(i.predicate));
    case Format::kSpecial:
      return i.opcode == Opcode::kClock ? fmt::format(" {}", reg(i.d))
                                        : fmt::format(" {}, {}", reg(i.d), name(i.special));
    case Format::kWarpgroup:
      return fmt::format(" {}, {}, {}, {}", reg(i.d), reg(i.a), reg(i.b), i.count);
    case Format::kCount:
      return i.opcode == Opcode::kMbarrierWait ? fmt::format(" {}, {}", i.counter, i.count)
                                               : fmt::format(" {}", i.count);
    case Format::kLoad:
      return fmt::format("{} {}, {}{}", memory_suffix(i), reg(i.d), address(i),
                         i.opcode == Opcode::kLdsRemote ? ", " + b_text(i) : "");
    case Format::kStore:
      return fmt::format("{} {}, {}", memory_suffix(i), address(i), b_text(i));
    case Format::kCopy:
      return fmt::format(
          "{} [{}], {}{}", suffix(i.cache), reg(i.b), address(i),
          i.opcode == Opcode::kBulkCopy ? fmt::format(", {}, {}", i.count, i.counter) : "");
    case Format::kAtomic:
      return fmt::format(" {}, {}, {}", reg(i.d), address(i), b_text(i));
    case Format::kBranch:
      return fmt::format(" {}", i.target);
    case Format::kDepbar:
      return fmt::format(" SB{}, {}", i.counter, i.count);
  }
  return {};
}

std::string directives(const Kernel& kernel) {
  return fmt::format(".kernel {}\n.threads {}\n.registers {}\n.shared {}\n.parameters {}\n",
                     kernel.name, kernel.threads, kernel.registers, kernel.shared_bytes,
                     kernel.parameters);
}

}  // namespace

std::string to_text(const Instruction& i) {
  std::string text;
  if (i.guard != kTruePredicate || i.guard_negated) {
    text = fmt::format("@{}{} ", i.guard_negated ? "!" : "", pred(i.guard));
  }
  return text + std::string(info(i.opcode).mnemonic) + operand_text(i);
}

std::string to_text(const Control& c) {
  std::string text;
  const auto add = [&](const std::string& word) { text += (text.empty() ? "" : ", ") + word; };
  if (c.stall != 1) add(fmt::format("stall {}", c.stall));
  if (c.yield) add("yield");
  if (c.write_counter != kNoCounter) add(fmt::format("write SB{}", c.write_counter));
  if (c.read_counter != kNoCounter) add(fmt::format("read SB{}", c.read_counter));
  if (c.wait_mask != 0) {
    std::string waits = "wait";
    for (int sb = 0; sb < kDependenceCounters; ++sb) {
      if ((c.wait_mask >> sb & 1) != 0) waits += fmt::format(" SB{}", sb);
    }
    add(waits);
  }
  if (c.reuse != 0) {
    std::string reuse = "reuse";
    for (int slot = 0; slot < 3; ++slot) {
      if ((c.reuse >> slot & 1) != 0) reuse += std::string(" ") + "abc"[slot];
    }
    add(reuse);
  }
  return text.empty() ? text : "{" + text + "}";
}

std::string to_text(const Kernel& kernel) {
  std::map<std::int32_t, std::string> labels;
  for (const Instruction& i : kernel.code) {
    if (i.opcode == Opcode::kBra) labels[i.target] = fmt::format("at_{}", i.target);
  }
  std::string text = directives(kernel);
  for (std::size_t at = 0; at < kernel.code.size(); ++at) {
    const Instruction& i = kernel.code[at];
    const auto label = labels.find(static_cast<std::int32_t>(at));
    if (label != labels.end()) text += label->second + ":\n";
    std::string line = to_text(i);
    if (i.opcode == Opcode::kBra) line = line.substr(0, line.rfind(' ') + 1) + labels[i.target];
    const std::string control = to_text(i.control);
    text += "  " + line + (control.empty() ? "" : "  " + control) + "\n";
  }
  return text;
}

}  // namespace metronome::gpu
