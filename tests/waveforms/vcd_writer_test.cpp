// SPDX-License-Identifier: Apache-2.0
#include "waveforms/vcd_writer.h"

#include <array>

#include "tests/waveforms/trace_fixture.h"

namespace metronome::waveforms::testing {
namespace {

class VcdWriterTest : public TraceFixture {
 protected:
  VcdWriter& open() {
    writer_ = std::make_unique<VcdWriter>(path());
    writer_->begin_header("made by a test");
    writer_->open_scope("top");
    return *writer_;
  }
  static void ready(VcdWriter& writer) {
    writer.close_scope();
    writer.end_header();
  }
  VcdFile read() {
    writer_->finish();
    return parse_vcd(read_text(path()));
  }
  std::unique_ptr<VcdWriter> writer_;
};

TEST_F(VcdWriterTest, TenThousandVariablesHaveShortCodesOfTheirOwn) {
  VcdWriter& writer = open();
  std::vector<VcdWriter::Var> vars;
  for (int i = 0; i < 10'000; ++i) {
    vars.push_back(writer.declare(VarKind::kReg, 16, "v" + std::to_string(i)));
  }
  ready(writer);
  writer.time(0);
  writer.begin_dump();
  for (std::size_t i = 0; i < vars.size(); ++i) writer.number(vars[i], i);
  writer.end_dump();
  const VcdFile file = read();
  ASSERT_EQ(file.variables.size(), vars.size());
  for (const auto& [code, variable] : file.variables) {
    EXPECT_LE(code.size(), 3U);
    EXPECT_EQ(code.find_first_of("#$ "), std::string::npos);
    EXPECT_EQ(file.number_at(variable.path, 0), std::stoull(variable.path.substr(5)));
  }
}

TEST_F(VcdWriterTest, ValuesComeBackAsTheyWere) {
  VcdWriter& writer = open();
  const VcdWriter::Var number = writer.declare(VarKind::kReg, 64, "number");
  const VcdWriter::Var bytes = writer.declare(VarKind::kReg, 24, "bytes");
  ready(writer);
  const std::array<std::uint64_t, 6> numbers{0, 1, 128, 256, 0x8000'0000'0000'0000, ~0ULL};
  std::int64_t time = 0;
  for (const std::uint64_t value : numbers) {
    writer.time(time);
    if (time == 0) writer.begin_dump();
    writer.number(number, value);
    const std::array<std::uint8_t, 3> three{static_cast<std::uint8_t>(time), 0x01, 0};
    writer.bytes(bytes, three);
    if (time == 0) writer.end_dump();
    ++time;
  }
  writer.time(time);
  writer.undriven(bytes);
  const VcdFile file = read();
  for (std::int64_t t = 0; t < time; ++t) {
    EXPECT_EQ(file.number_at("top.number", t), numbers[static_cast<std::size_t>(t)]);
    EXPECT_EQ(file.number_at("top.bytes", t), 256U + static_cast<std::uint64_t>(t));
  }
  EXPECT_EQ(file.at("top.bytes", time), "z");
}

TEST_F(VcdWriterTest, NamesAndTimesThatAReaderWouldRefuseAreBrokenInvariants) {
  VcdWriter& writer = open();
  writer.declare(VarKind::kWire, 1, "a");
  EXPECT_THROW(writer.declare(VarKind::kWire, 1, "a"), InvariantError);
  EXPECT_THROW(writer.end_header(), InvariantError);
  ready(writer);
  writer.time(5);
  EXPECT_THROW(writer.time(5), InvariantError);
}

TEST_F(VcdWriterTest, NothingStaysUnlessFinished) {
  open();
  EXPECT_EQ(files().size(), 1U);
  writer_.reset();
  EXPECT_TRUE(files().empty());
}

TEST_F(VcdWriterTest, WhatDoesNotFitIsDroppedWhole) {
  VcdWriter& writer = open();
  const VcdWriter::Var bit = writer.declare(VarKind::kWire, 1, "bit");
  ready(writer);
  writer.time(0);
  writer.begin_dump();
  writer.bit(bit, false);
  writer.end_dump();
  const std::uint64_t limit = writer.size() + 5;
  EXPECT_TRUE(writer.commit(limit));
  writer.time(10);
  writer.bit(bit, true);
  EXPECT_FALSE(writer.commit(limit));
  writer.time(7);
  EXPECT_TRUE(writer.commit(limit));
  const VcdFile file = read();
  EXPECT_EQ(file.last_time, 7);
  EXPECT_EQ(file.at("top.bit", 10), "0");
}

TEST_F(VcdWriterTest, AFileBehindALinkIsReplacedAndTheLinkStays) {
  std::filesystem::create_symlink(folder_.path() / "real.vcd", path());
  VcdWriter& writer = open();
  ready(writer);
  writer.finish();
  EXPECT_TRUE(std::filesystem::is_symlink(path()));
  EXPECT_TRUE(std::filesystem::is_regular_file(folder_.path() / "real.vcd"));
}

}  // namespace
}  // namespace metronome::waveforms::testing
