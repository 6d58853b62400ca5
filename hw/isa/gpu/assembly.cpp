// SPDX-License-Identifier: Apache-2.0
// Text to kernels.
#include "hw/isa/gpu/assembly.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <map>
#include <optional>

#include "hw/isa/error.h"
#include "hw/isa/gpu/assembly_words.h"

namespace metronome::gpu {
namespace {

/// One line, read from left to right. Every complaint names the line, what was found and what was
/// expected.
class Line {
 public:
  Line(std::string_view text, std::string where) : text_(text), where_(std::move(where)) {}

  [[noreturn]] void fail(const std::string& expected) const {
    const std::string_view rest =
        text_.substr(std::min(text_.find_first_not_of(" \t", at_), text_.size()));
    const std::string_view found = rest.substr(0, rest.find_first_of(" ,{"));
    throw UserError(fmt::format("{}: found {}, expected {}", where_,
                                found.empty() ? "the end of the line" : std::string(found),
                                expected));
  }
  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  bool done() {
    skip_blanks();
    return at_ == text_.size();
  }
  bool at(std::string_view word) const { return text_.substr(at_).starts_with(word); }
  bool take(std::string_view word) {
    skip_blanks();
    if (!at(word)) return false;
    at_ += word.size();
    return true;
  }
  void need(std::string_view word) {
    if (!take(word)) fail(fmt::format("`{}`", word));
  }
  std::string_view word() {
    skip_blanks();
    const std::size_t end = std::min(text_.find_first_of(" \t,{}[]:", at_), text_.size());
    const std::string_view found = text_.substr(at_, end - at_);
    at_ = end;
    return found;
  }
  std::int64_t number(const std::string& what, std::int64_t least, std::int64_t most) {
    skip_blanks();
    const std::size_t before = at_;
    const std::optional<std::int64_t> value = try_number();
    if (value && *value >= least && *value <= most) return *value;
    at_ = before;
    fail(fmt::format("{} from {} to {}", what, least, most));
  }
  std::optional<std::int64_t> try_number() {
    skip_blanks();
    const std::size_t before = at_;
    const bool negative = take("-");
    const bool hexadecimal = take("0x");
    std::int64_t value = 0;
    const char* begin = text_.data() + at_;
    const auto [end, error] =
        std::from_chars(begin, text_.data() + text_.size(), value, hexadecimal ? 16 : 10);
    if (error != std::errc()) {
      at_ = before;
      return std::nullopt;
    }
    at_ += static_cast<std::size_t>(end - begin);
    return negative ? -value : value;
  }
  /// `1.5f` as the bits of an fp32.
  std::optional<std::uint32_t> try_float() {
    skip_blanks();
    float value = 0;
    const char* begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (error != std::errc() || end == text_.data() + text_.size() || *end != 'f') {
      return std::nullopt;
    }
    at_ += static_cast<std::size_t>(end - begin) + 1;
    return std::bit_cast<std::uint32_t>(value);
  }
  Register reg() {
    if (take("RZ")) return kZeroRegister;
    if (!take("R")) fail("a register");
    return static_cast<Register>(number("a register", 0, 254));
  }
  Predicate predicate() {
    if (take("PT")) return kTruePredicate;
    if (!take("P")) fail("a predicate");
    return static_cast<Predicate>(number("a predicate", 0, 6));
  }
  std::uint16_t parameter() {
    const auto index = number("a parameter", 0, 4095);
    need("]");
    return static_cast<std::uint16_t>(index);
  }
  std::size_t position() const { return at_; }
  void go_to(std::size_t at) { at_ = at; }

 private:
  std::string_view text_;
  std::string where_;
  std::size_t at_ = 0;
};

void read_b(Line& line, Instruction& i) {
  line.skip_blanks();
  if (i.has_base && line.at("c[")) line.fail("no parameter beside that of the address");
  if (line.take("c[")) {
    i.b_source = Source::kParameter;
    i.parameter = line.parameter();
    return;
  }
  if (const auto bits = line.try_float()) {
    i.b_source = Source::kImmediate;
    i.immediate = *bits;
    return;
  }
  const std::size_t before = line.position();
  if (const auto value = line.try_number()) {
    if (*value < INT32_MIN || *value > UINT32_MAX) {
      line.go_to(before);
      line.fail("a number of 32 bits");
    }
    i.b_source = Source::kImmediate;
    i.immediate = static_cast<std::uint32_t>(*value);
    return;
  }
  i.b = line.reg();
}

void read_address(Line& line, Instruction& i) {
  line.need("[");
  if (line.take("c[")) {
    i.has_base = true;
    i.parameter = line.parameter();
    line.need("+");
  }
  i.a = line.reg();
  if (line.take("+")) {
    i.offset = static_cast<std::int32_t>(line.number("an offset", 0, INT32_MAX));
  } else if (line.take("-")) {
    i.offset = static_cast<std::int32_t>(-line.number("an offset", 0, -std::int64_t{INT32_MIN}));
  }
  line.need("]");
}

void read_d_a(Line& line, Instruction& i) {
  i.d = line.reg();
  line.need(",");
  i.a = line.reg();
  line.need(",");
}

void read_special(Line& line, Instruction& i) {
  i.d = line.reg();
  if (i.opcode == Opcode::kClock) return;
  line.need(",");
  for (const auto& [special, word] : kSpecialWords) {
    const std::size_t before = line.position();
    if (line.word() == word) {
      i.special = special;
      return;
    }
    line.go_to(before);
  }
  line.fail("a special register such as SR_LANE");
}

void read_copy(Line& line, Instruction& i) {
  line.need("[");
  i.b = line.reg();
  line.need("]");
  line.need(",");
  read_address(line, i);
  if (i.opcode != Opcode::kBulkCopy) return;
  line.need(",");
  i.count = static_cast<std::uint16_t>(line.number("sixteenths of the bytes", 1, 65535));
  line.need(",");
  i.counter = static_cast<std::uint8_t>(line.number("an mbarrier", 0, kMbarriers - 1));
}

void read_count(Line& line, Instruction& i) {
  if (i.opcode == Opcode::kMbarrierWait) {
    i.counter = static_cast<std::uint8_t>(line.number("an mbarrier", 0, kMbarriers - 1));
    line.need(",");
  }
  i.count = static_cast<std::uint16_t>(line.number("a count", 0, 65535));
}

void read_memory(Line& line, Instruction& i, bool load) {
  if (load) {
    i.d = line.reg();
    line.need(",");
  }
  read_address(line, i);
  if (load && i.opcode != Opcode::kLdsRemote) return;
  line.need(",");
  if (load) return read_b(line, i);
  i.b = line.reg();
}

void read_select(Line& line, Instruction& i) {
  read_d_a(line, i);
  read_b(line, i);
  line.need(",");
  i.predicate = line.predicate();
}

void read_compare(Line& line, Instruction& i) {
  i.predicate = line.predicate();
  line.need(",");
  i.a = line.reg();
  line.need(",");
  read_b(line, i);
}

void read_atomic(Line& line, Instruction& i) {
  i.d = line.reg();
  line.need(",");
  read_address(line, i);
  line.need(",");
  read_b(line, i);
}

void read_operands(Line& line, Instruction& i) {
  switch (info(i.opcode).format) {
    case Format::kNone:
    case Format::kBranch:  // its label is the assembler's business
      return;
    case Format::kUnary:
      i.d = line.reg();
      line.need(",");
      return read_b(line, i);
    case Format::kBinary:
    case Format::kShuffle:
      read_d_a(line, i);
      return read_b(line, i);
    case Format::kTernary:
    case Format::kMma:
      read_d_a(line, i);
      read_b(line, i);
      line.need(",");
      i.c = line.reg();
      return;
    case Format::kCompare:
      return read_compare(line, i);
    case Format::kSelect:
      return read_select(line, i);
    case Format::kSpecial:
      return read_special(line, i);
    case Format::kWarpgroup:
      read_d_a(line, i);
      i.b = line.reg();
      line.need(",");
      i.count = static_cast<std::uint16_t>(line.number("N", 8, 256));
      return;
    case Format::kCount:
      return read_count(line, i);
    case Format::kLoad:
      return read_memory(line, i, true);
    case Format::kStore:
      return read_memory(line, i, false);
    case Format::kCopy:
      return read_copy(line, i);
    case Format::kAtomic:
      return read_atomic(line, i);
    case Format::kDepbar:
      line.need("SB");
      i.counter = static_cast<std::uint8_t>(line.number("a counter", 0, kDependenceCounters - 1));
      line.need(",");
      i.count = static_cast<std::uint16_t>(line.number("a count", 0, 63));
      return;
  }
}

/// The instruction whose mnemonic `word` begins with, and what stands behind it. The longest wins.
const OpcodeInfo* find_opcode(std::string_view word, std::string_view& rest) {
  const OpcodeInfo* best = nullptr;
  for (Opcode opcode : opcodes()) {
    const OpcodeInfo& o = info(opcode);
    const bool fits = word.starts_with(o.mnemonic) &&
                      (word.size() == o.mnemonic.size() || word[o.mnemonic.size()] == '.');
    if (fits && (best == nullptr || o.mnemonic.size() > best->mnemonic.size())) best = &o;
  }
  if (best != nullptr) rest = word.substr(best->mnemonic.size());
  return best;
}

bool takes_width(Format format) { return format == Format::kLoad || format == Format::kStore; }

bool read_suffix(std::string_view rest, Instruction& i) {
  const Format format = info(i.opcode).format;
  if (format == Format::kCompare) {
    for (const auto& [compare, word] : kCompareWords) {
      if (rest != word) continue;
      i.compare = compare;
      return true;
    }
    return false;
  }
  if (takes_width(format) && rest.starts_with(".128")) {
    i.width = 4;
    rest.remove_prefix(4);
  } else if (takes_width(format) && rest.starts_with(".64")) {
    i.width = 2;
    rest.remove_prefix(3);
  }
  if (!takes_width(format) && format != Format::kCopy) return rest.empty();
  for (const auto& [cache, word] : kCacheWords) {
    if (rest != word) continue;
    i.cache = cache;
    return true;
  }
  return false;
}

std::uint8_t read_counter(Line& line) {
  line.need("SB");
  return static_cast<std::uint8_t>(line.number("a counter", 0, kDependenceCounters - 1));
}

void read_control(Line& line, Control& control) {
  if (!line.take("{")) return;
  do {
    if (line.take("stall")) {
      control.stall = static_cast<std::uint8_t>(line.number("a stall count", 0, kMaxStall));
    } else if (line.take("yield")) {
      control.yield = true;
    } else if (line.take("write")) {
      control.write_counter = read_counter(line);
    } else if (line.take("read")) {
      control.read_counter = read_counter(line);
    } else if (line.take("wait")) {
      while (line.take("SB")) {
        control.wait_mask |=
            static_cast<std::uint8_t>(1U << line.number("a counter", 0, kDependenceCounters - 1));
      }
    } else if (line.take("reuse")) {
      for (int slot = 0; slot < 3; ++slot) {
        if (line.take(std::string_view("abc").substr(static_cast<std::size_t>(slot), 1))) {
          control.reuse |= static_cast<std::uint8_t>(1U << slot);
        }
      }
    } else {
      line.fail("stall, yield, write, read, wait or reuse");
    }
  } while (line.take(","));
  line.need("}");
}

class Assembler {
 public:
  explicit Assembler(const std::string& source) : source_(source) {}

  void add_line(std::string_view text) {
    ++number_;
    text = text.substr(0, text.find("//"));
    Line line(text, fmt::format("{}:{}", source_, number_));
    if (line.done()) return;
    if (line.take(".")) return directive(line);
    const std::size_t before = line.position();
    const std::string label(line.word());
    if (!label.empty() && line.take(":")) {
      if (!labels_.emplace(label, static_cast<std::int32_t>(kernel_.code.size())).second) {
        line.fail("a label that is not taken, not `" + label + "` again,");
      }
      if (!line.done()) instruction(line);
      return;
    }
    line.go_to(before);
    instruction(line);
  }

  Kernel finish() {
    for (const Jump& jump : jumps_) {
      const auto label = labels_.find(jump.label);
      if (label == labels_.end()) {
        throw UserError(fmt::format("{}:{}: label: found {}, which stands nowhere", source_,
                                    jump.line, jump.label));
      }
      kernel_.code[jump.at].target = label->second;
    }
    return std::move(kernel_);
  }

 private:
  struct Jump {
    std::size_t at;
    std::string label;
    int line;
  };

  void directive(Line& line) {
    const std::string_view word = line.word();
    if (word == "kernel") {
      kernel_.name = line.word();
    } else if (word == "threads") {
      kernel_.threads = static_cast<int>(line.number("threads", 1, 1024));
    } else if (word == "registers") {
      kernel_.registers = static_cast<int>(line.number("registers", 0, 255));
    } else if (word == "shared") {
      kernel_.shared_bytes = line.number("bytes", 0, 1 << 20);
    } else if (word == "parameters") {
      kernel_.parameters = static_cast<int>(line.number("parameters", 0, 4096));
    } else {
      line.fail(".kernel, .threads, .registers, .shared or .parameters");
    }
    if (!line.done()) line.fail("the end of the line");
  }

  void instruction(Line& line) {
    Instruction i;
    if (line.take("@")) {
      i.guard_negated = line.take("!");
      i.guard = line.predicate();
    }
    const std::size_t before = line.position();
    std::string_view rest;
    const OpcodeInfo* o = find_opcode(line.word(), rest);
    if (o == nullptr) {
      line.go_to(before);
      line.skip_blanks();
      line.fail("a mnemonic");
    }
    i.opcode = o->opcode;
    if (!read_suffix(rest, i)) {
      line.go_to(before);
      line.skip_blanks();
      line.fail(fmt::format("{} with a suffix that it has", o->mnemonic));
    }
    read_operands(line, i);
    if (o->format == Format::kBranch) {
      jumps_.push_back({kernel_.code.size(), std::string(line.word()), number_});
    }
    read_control(line, i.control);
    if (!line.done()) line.fail("the end of the line");
    kernel_.code.push_back(i);
  }

  const std::string& source_;
  Kernel kernel_;
  int number_ = 0;
  std::map<std::string, std::int32_t> labels_;
  std::vector<Jump> jumps_;
};

}  // namespace

Kernel parse_kernel(std::string_view text, const std::string& source) {
  Assembler assembler(source);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    assembler.add_line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return assembler.finish();
}

}  // namespace metronome::gpu
