// SPDX-License-Identifier: Apache-2.0
// Program text as bytes: sizes, the rule of the buffer, and the lines in SRAM.
#include "hw/isa/lpu/text.h"

#include <gtest/gtest.h>

#include "hw/isa/lpu/assembly.h"
#include "hw/isa/lpu/codec.h"
#include "tests/isa/random_program.h"

namespace metronome::lpu {
namespace {

TEST(Text, IsAsLongAsItsEncoding) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    const ChipSpec spec = seed % 2 == 0 ? teaching() : groq1();
    RandomProgram random(seed, spec);
    const Program program = random.program("sizes", 20);
    bool notifies = true;
    for (const QueueProgram& queue : program.queues) {
      EXPECT_EQ(text_bytes(queue, notifies),
                static_cast<std::int64_t>(encode_queue(queue, spec, notifies).size()))
          << "seed " << seed << " queue " << queue.queue;
      notifies = false;
    }
  }
}

Issue issue_at(Cycle cycle, Opcode opcode, int count = 1) {
  Issue issue;
  issue.cycle = cycle;
  issue.instruction.opcode = opcode;
  issue.count = count;
  issue.stride = 2;
  return issue;
}

TEST(Text, OfAnIssueCountsTheNopsBeforeItAndItsRepeat) {
  const Issue once = issue_at(10, Opcode::kRead);
  EXPECT_EQ(text_bytes(once, 10), 5) << "opcode, address, stream";
  EXPECT_EQ(text_bytes(once, 9), 5 + 3);
  EXPECT_EQ(text_bytes(issue_at(65'545, Opcode::kRead), 10), 5 + 3);
  EXPECT_EQ(text_bytes(issue_at(65'546, Opcode::kRead), 10), 5 + 2 * 3);
  EXPECT_EQ(text_bytes(issue_at(10, Opcode::kRead, 2), 10), 5 + 7);
}

TEST(Text, LeavesTheBufferAsItIsDispatchedAndComesByIfetch) {
  ChipSpec spec = teaching();
  spec.text_buffer_vectors = 4;  // 64 bytes, two lines
  TextBuffer buffer(spec, false);
  EXPECT_EQ(buffer.taken(), 1) << "Sync";
  EXPECT_EQ(buffer.arrived(), 64);
  Cycle now = 0;
  const auto take = [&](Opcode opcode) {
    const Cycle cycle = now++;
    return buffer.take(issue_at(cycle, opcode), cycle);
  };
  for (int i = 0; i < 5; ++i) ASSERT_FALSE(take(Opcode::kRead));
  EXPECT_EQ(buffer.taken(), 1 + 5 * 5);
  EXPECT_TRUE(TextBuffer(buffer).take(issue_at(now, Opcode::kIfetch), now))
      << "29 bytes of room, a line has 32";
  ASSERT_FALSE(take(Opcode::kRead));
  ASSERT_FALSE(take(Opcode::kIfetch));
  EXPECT_EQ(buffer.arrived(), 96);
  EXPECT_EQ(buffer.room(), 64 - (96 - (1 + 6 * 5 + 3)));
  for (int i = 0; i < 12; ++i) ASSERT_FALSE(take(Opcode::kRead)) << i;
  const auto missing = take(Opcode::kRead);
  ASSERT_TRUE(missing);
  EXPECT_EQ(*missing, "its text ends at byte 99, 96 bytes have arrived");
}

/// A queue of 20 reads on a chip that holds 64 bytes, and rows for what does not fit.
Image fetching_image() {
  Image image;
  image.chip = teaching();
  image.chip.text_buffer_vectors = 4;
  MemoryTensor text;
  text.name = "text";
  text.kind = TensorKind::kText;
  text.width = 2;
  text.slices = {6, 7};
  text.rows = 3;
  text.lanes = image.chip.lanes();
  text.first_value = 50;
  text.value_step = 1;
  image.tensors = {text};
  Program program;
  program.name = "p";
  program.context = 1;
  QueueProgram queue{3, {}};
  for (int i = 0; i < 20; ++i) {
    Issue read = issue_at(4 * i, Opcode::kRead);
    read.stride = 1;
    read.instruction.set(Field::kAddress, static_cast<std::uint32_t>(i))
        .set(Field::kOut, StreamGroup{Direction::kEast, 3, 1});
    read.reads.resize(1);
    queue.issues.push_back(read);
    if (i != 8) continue;
    Issue fetch = issue_at(4 * i + 1, Opcode::kIfetch);
    fetch.stride = 1;
    fetch.instruction.set(Field::kIn, StreamGroup{Direction::kEast, 0, 2});
    fetch.reads = {{51, 0}};
    queue.issues.push_back(fetch);
  }
  program.queues = {queue};
  image.programs = {program};
  fill_text(image);
  return image;
}

TEST(Text, RowsHoldTheLinesWhoseIfetchesNameThem) {
  const Image image = fetching_image();
  const auto text = encode_queue(image.programs[0].queues[0], image.chip, true);
  const MemoryTensor& rows = image.tensors[0];
  ASSERT_EQ(rows.data.size(), 3U * 32U);
  for (std::size_t lane = 0; lane < 16; ++lane) {
    for (std::size_t vector = 0; vector < 2; ++vector) {
      EXPECT_EQ(rows.data[lane * 2 + vector], 0) << "no Ifetch names the first row";
      EXPECT_EQ(rows.data[32 + lane * 2 + vector], text[64 + vector * 16 + lane]);
    }
  }
}

TEST(Text, ComesBackFromBytesAndFromAssemblyWithoutBeingStored) {
  const Image image = fetching_image();
  const auto bytes = serialise(image);
  const Image again = deserialise(bytes, "test", nullptr);
  EXPECT_TRUE(std::ranges::equal(again.tensors[0].data, image.tensors[0].data));
  const Image assembled = assemble(disassemble(image), "test");
  EXPECT_TRUE(std::ranges::equal(assembled.tensors[0].data, image.tensors[0].data));
  EXPECT_EQ(serialise(assembled), bytes);
}

TEST(Text, OfACopyChangesWithoutTheOriginals) {
  const Image image = fetching_image();
  const std::vector<std::uint8_t> before(image.tensors[0].data.begin(),
                                         image.tensors[0].data.end());
  Image copy = image;
  copy.programs[0].queues[0].issues.back().instruction.set(Field::kAddress, 99);
  copy.programs[0].queues[0].issues[12].instruction.set(Field::kAddress, 98);
  fill_text(copy);
  EXPECT_FALSE(std::ranges::equal(copy.tensors[0].data, before));
  EXPECT_TRUE(std::ranges::equal(image.tensors[0].data, before));
}

}  // namespace
}  // namespace metronome::lpu
