// SPDX-License-Identifier: Apache-2.0
#include "hw/isa/lpu/codec.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "hw/isa/error.h"
#include "tests/isa/random_program.h"

namespace metronome::lpu {
namespace {

constexpr std::uint32_t kSeed = 20240601;

QueueId queue_of(const ChipSpec& spec, Unit unit) {
  const auto all = queues(spec);
  for (std::size_t q = 0; q < all.size(); ++q) {
    if (unit == Unit::kIcu || all[q].unit == unit) return static_cast<QueueId>(q);
  }
  return -1;
}

QueueProgram round_trip(const QueueProgram& queue, const ChipSpec& spec) {
  return decode_queue(queue.queue, encode_queue(queue, spec, false), spec, "test");
}

std::string error_of(const std::vector<std::uint8_t>& text) {
  try {
    decode_queue(0, text, teaching(), "x.mtm");
  } catch (const UserError& error) {
    return error.what();
  }
  return "none";
}

bool is_implied(Opcode opcode) {
  return opcode == Opcode::kNop || opcode == Opcode::kRepeat || opcode == Opcode::kSync ||
         opcode == Opcode::kNotify;
}

TEST(Codec, RandomInstructionsOfEveryOpcodeComeBack) {
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  const ChipSpec spec = groq1();
  RandomProgram random(kSeed, spec);
  for (const OpcodeInfo& row : opcodes()) {
    if (is_implied(row.opcode)) continue;
    for (int n = 0; n < 200; ++n) {
      QueueProgram queue{queue_of(spec, row.unit), {}};
      Issue& issue = queue.issues.emplace_back();
      issue.cycle = n % 3;
      issue.instruction = random.instruction(row.opcode);
      ASSERT_EQ(round_trip(queue, spec), queue) << row.mnemonic << " number " << n;
    }
  }
}

TEST(Codec, ExtremeFieldValuesOfEveryOpcodeComeBack) {
  const ChipSpec spec = groq1();
  for (const OpcodeInfo& row : opcodes()) {
    if (is_implied(row.opcode)) continue;
    for (bool ones : {false, true}) {
      QueueProgram queue{queue_of(spec, row.unit), {}};
      Issue& issue = queue.issues.emplace_back();
      issue.instruction.opcode = row.opcode;
      for (const FieldLayout& layout : fields(row.format)) {
        const auto most = static_cast<std::uint32_t>((std::uint64_t{1} << (8U * layout.bytes)) - 1);
        issue.instruction.set(layout.field, ones ? most : 0U);
      }
      ASSERT_EQ(round_trip(queue, spec), queue) << row.mnemonic;
    }
  }
}

TEST(Codec, RandomSchedulesOfEveryQueueComeBack) {
  const ChipSpec spec = groq1();
  for (QueueId id = 0; id < spec.queue_count(); ++id) {
    const auto seed = kSeed + static_cast<std::uint32_t>(id);
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomProgram random(seed, spec);
    const QueueProgram queue = random.queue(id, 60, false);
    ASSERT_EQ(round_trip(queue, spec), queue);
    ASSERT_EQ(decode_queue(id, encode_queue(queue, spec, true), spec, "test"), queue);
  }
}

// G15: odd lengths and odd places of the text must not change what is decoded.
TEST(Codec, ProgramsOfEveryLengthDecodeFromEveryOffset) {
  const ChipSpec spec = teaching();
  for (int length = 1; length <= 200; ++length) {
    const auto seed = kSeed + static_cast<std::uint32_t>(length);
    SCOPED_TRACE("seed " + std::to_string(seed) + " length " + std::to_string(length));
    RandomProgram random(seed, spec);
    const QueueProgram queue = random.queue(mem_queue(spec, Hemisphere::kEast, 3), length, false);
    const auto text = encode_queue(queue, spec, false);
    for (std::size_t offset = 0; offset < 64; ++offset) {
      std::vector<std::uint8_t> memory(offset, 0xAA);
      memory.insert(memory.end(), text.begin(), text.end());
      memory.resize(memory.size() + 64 - offset, 0x55);
      const auto part = std::span<const std::uint8_t>(memory).subspan(offset, text.size());
      ASSERT_EQ(decode_queue(queue.queue, part, spec, "test"), queue) << "offset " << offset;
    }
  }
}

TEST(Codec, AWaitIsMadeOfAsFewNopsAsSixteenBitsAllow) {
  const ChipSpec spec = teaching();
  struct Case {
    Cycle cycle;
    std::size_t nops;
  };
  for (const Case& c :
       {Case{0, 0}, Case{1, 1}, Case{65535, 1}, Case{65536, 2}, Case{131070, 2}, Case{131071, 3}}) {
    QueueProgram queue{0, {}};
    Issue& issue = queue.issues.emplace_back();
    issue.cycle = c.cycle;
    issue.instruction.opcode = Opcode::kRead;
    const auto text = encode_queue(queue, spec, false);
    EXPECT_EQ(text.size(), 1 + 3 * c.nops + 5) << c.cycle;
    EXPECT_EQ(round_trip(queue, spec), queue) << c.cycle;
  }
}

TEST(Codec, AnEmptyQueueIsOneSyncAndTheFirstAlsoNotifies) {
  const ChipSpec spec = teaching();
  const QueueProgram queue{3, {}};
  EXPECT_EQ(encode_queue(queue, spec, false),
            std::vector{static_cast<std::uint8_t>(Opcode::kSync)});
  EXPECT_EQ(encode_queue(queue, spec, true),
            (std::vector{static_cast<std::uint8_t>(Opcode::kNotify),
                         static_cast<std::uint8_t>(Opcode::kSync)}));
}

TEST(Codec, WhatTheWordHasNoRoomForIsRefusedNotCut) {
  const ChipSpec spec = teaching();
  const auto refused = [&](auto change) {
    QueueProgram queue{0, {}};
    Issue& issue = queue.issues.emplace_back();
    issue.instruction.opcode = Opcode::kRead;
    issue.count = 2;
    EXPECT_NO_THROW(encode_queue(queue, spec, false));
    change(issue);
    EXPECT_THROW(encode_queue(queue, spec, false), InvariantError);
  };
  refused([](Issue& i) { i.instruction.set(Field::kAddress, 65536U); });
  refused([](Issue& i) { i.count = 65537; });
  refused([](Issue& i) { i.count = 0; });
  refused([](Issue& i) { i.stride = 0; });
  refused([](Issue& i) { i.stride = 65536; });
  refused([](Issue& i) { i.address_step = 32768; });
  refused([](Issue& i) { i.address_step = -32769; });
  refused([](Issue& i) { i.cycle = -1; });
}

TEST(Codec, TwoInstructionsOfOneQueueMayNotOverlap) {
  const ChipSpec spec = teaching();
  QueueProgram queue{0, {}};
  Issue issue;
  issue.instruction.opcode = Opcode::kRead;
  issue.count = 3;
  issue.stride = 4;
  queue.issues = {issue, issue};
  queue.issues[1].cycle = 9;
  EXPECT_EQ(free_from(issue), 9);
  EXPECT_NO_THROW(encode_queue(queue, spec, false));
  queue.issues[1].cycle = 8;
  EXPECT_THROW(encode_queue(queue, spec, false), InvariantError);
}

TEST(Codec, AnyOneByteChangedIsRefusedOrMakesAnotherScheduleThatComesBack) {
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  const ChipSpec spec = teaching();
  RandomProgram random(kSeed, spec);
  const QueueProgram queue = random.queue(vxm_queue(spec, 2), 40, false);
  const auto text = encode_queue(queue, spec, true);
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (int n = 0; n < 20; ++n) {
      auto changed = text;
      changed[at] = static_cast<std::uint8_t>(random.between(0, 255));
      QueueProgram other;
      try {
        other = decode_queue(queue.queue, changed, spec, "test");
      } catch (const UserError&) {
        continue;
      }
      ASSERT_EQ(round_trip(other, spec), other) << "byte " << at << " is " << int{changed[at]};
    }
  }
}

TEST(Codec, DamagedTextIsRefusedWithQueueAndByte) {
  constexpr auto code = [](Opcode op) { return static_cast<std::uint8_t>(op); };
  const std::uint8_t sync = code(Opcode::kSync);
  const std::uint8_t read = code(Opcode::kRead);
  const auto last = opcodes().size() - 1;
  const std::string at = "x.mtm: text of mem_w.slice_0: byte ";
  struct Case {
    std::vector<std::uint8_t> text;
    std::string message;
  };
  const Case cases[] = {
      {{sync, 200}, "1: opcode 200, at most " + std::to_string(last)},
      {{sync, read, 1, 0, 2}, "1: Read cut short in field out"},
      {{sync, read}, "1: Read cut short in field address"},
      {{}, "0: ends before Sync"},
      {{code(Opcode::kNotify)}, "1: ends before Sync"},
      {{read, 0, 0, 0, 0}, "5: an instruction before Sync"},
      {{sync, sync}, "2: Sync or Notify after the start"},
      {{sync, code(Opcode::kRepeat), 1, 0, 1, 0, 0, 0},
       "8: Repeat without an instruction to repeat"},
      {{sync, read, 0, 0, 0, 0, code(Opcode::kRepeat), 1, 0, 0, 0, 0, 0},
       "13: Repeat count 1 stride 0: a stride of at least 1 needed"},
  };
  for (const Case& c : cases) EXPECT_EQ(error_of(c.text), at + c.message);
}

}  // namespace
}  // namespace metronome::lpu
