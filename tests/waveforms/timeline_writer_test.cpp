// SPDX-License-Identifier: Apache-2.0
// The two forms of a timeline, and the file that they go into.
#include "waveforms/timeline/timeline_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>

#include "hw/isa/error.h"
#include "tests/harness/model_writer.h"
#include "tests/waveforms/packet_reader.h"
#include "tests/waveforms/vcd_reader.h"
#include "waveforms/timeline/chrome_trace_writer.h"
#include "waveforms/timeline/track_event_writer.h"

namespace metronome::waveforms::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int64_t kGroqHz = 900'000'000;
constexpr std::int64_t kLate = 1'000'000'000'000;  // cycles: eighteen minutes of the chip

class TimelineWriterTest : public ::testing::Test {
 protected:
  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }
  std::unique_ptr<TimelineWriter> open(const std::string& name, std::int64_t hz = kGroqHz) const {
    return make_timeline_writer(path(name), {"lpu:test", hz});
  }
  PacketTrace packets(const std::string& name) const { return read_packets(read_text(path(name))); }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(folder_.path()),
                      std::filesystem::directory_iterator{}));
  }

  harness::TempFolder folder_;
};

TEST_F(TimelineWriterTest, ASliceKeepsItsTrackTimesTextsAndNumbers) {
  const auto writer = open("a.pftrace");
  const RowId chip = writer->add_row("lpu", kTop, 0);
  const RowId unit = writer->add_row("vxm", chip, 1);
  const RowId queue = writer->add_row("alu_0", unit, 2);
  const std::array<Argument, 2> arguments = {
      {{"operands", std::string_view("a=E0")}, {"layer", std::int64_t{-3}}}};
  writer->slice({queue, 9, 18, "Pass", "issue", arguments});
  writer->finish();
  const PacketTrace trace = packets("a.pftrace");
  ASSERT_EQ(trace.slices.size(), 1U);
  const PacketSlice& slice = trace.slices.front();
  EXPECT_EQ(slice.track, "lpu.vxm.alu_0");
  EXPECT_EQ(slice.name, "Pass");
  EXPECT_EQ(slice.begin_ns, 10);
  EXPECT_EQ(slice.end_ns, 30);
  EXPECT_EQ(slice.numbers.at("cycle"), 9);
  EXPECT_EQ(slice.numbers.at("cycles"), 18);
  EXPECT_EQ(slice.numbers.at("layer"), -3);
  EXPECT_EQ(slice.texts.at("operands"), "a=E0");
  EXPECT_THAT(trace.description, HasSubstr("clock 900000000 Hz"));
}

TEST_F(TimelineWriterTest, ATimeStampIsRoundedOnceHoweverLateItIs) {
  const auto writer = open("a.pftrace");
  const RowId row = writer->add_row("lpu", kTop, 0);
  for (std::int64_t n = 0; n < 900; ++n) writer->slice({row, n, 1, "early", "issue"});
  for (std::int64_t n = 0; n < 900; ++n) writer->slice({row, kLate + n, 1, "late", "issue"});
  writer->finish();
  std::int64_t last = 0;
  for (const PacketSlice& slice : packets("a.pftrace").slices) {
    // 900 cycles are 1000 ns: the rest of a whole number of them is small enough to be exact.
    const auto rounded = [](std::int64_t cycle) {
      return cycle / 900 * 1000 + (2 * (cycle % 900) * 1000 + 900) / 1800;
    };
    const std::int64_t cycle = slice.numbers.at("cycle");
    EXPECT_EQ(slice.begin_ns, rounded(cycle));
    EXPECT_EQ(slice.end_ns, rounded(cycle + 1));
    EXPECT_GE(slice.begin_ns, last);
    last = slice.end_ns;
  }
  EXPECT_EQ(last, 1'111'111'112'111);
}

TEST_F(TimelineWriterTest, AThousandCyclesAtAGigahertzAreOneMicrosecond) {
  const auto writer = open("a.json", 1'000'000'000);
  writer->slice({writer->add_row("lpu", kTop, 0), 2000, 1000, "Pass", "issue"});
  writer->finish();
  EXPECT_THAT(read_text(path("a.json")), HasSubstr("\"ts\":2.000000,\"dur\":1.000000"));
}

TEST_F(TimelineWriterTest, MicrosecondsAreExactToThePicosecond) {
  EXPECT_EQ(microseconds(0), "0.000000");
  EXPECT_EQ(microseconds(1), "0.000001");
  EXPECT_EQ(microseconds(CycleClock(kGroqHz).start_ps(kLate + 1)), "1111111111.112222");
}

TEST_F(TimelineWriterTest, TextsOfAnyKindStayValidJson) {
  EXPECT_EQ(json_text("a\"b\\c\n"), "\"a\\\"b\\\\c\\u000a\"");
}

TEST_F(TimelineWriterTest, ArrowsNameTheSlicesThatTheyJoin) {
  const auto writer = open("a.pftrace");
  const RowId row = writer->add_row("lpu", kTop, 0);
  const std::array<std::uint64_t, 2> outputs = {7, 8};
  const std::array<Input, 1> inputs = {{{7, true, 16, 4, 2, 21}}};
  writer->slice({row, 1, 1, "Read", "issue", {}, outputs, {}});
  writer->slice({row, 21, 1, "Write", "issue", {}, {}, inputs});
  writer->finish();
  const PacketTrace trace = packets("a.pftrace");
  EXPECT_THAT(trace.slice("Read").outputs, ElementsAre(7, 8));
  EXPECT_THAT(trace.slice("Write").inputs, ElementsAre(7));
  EXPECT_EQ(stream_name(inputs[0]), "E16..19");
  EXPECT_EQ(inputs[0].hops(), 19);
}

TEST_F(TimelineWriterTest, MoreTextsThanAreKeptAreWrittenOut) {
  const auto writer = open("a.pftrace");
  const RowId row = writer->add_row("lpu", kTop, 0);
  const std::size_t count = TrackEventWriter::kMostTexts + 10;
  for (std::size_t n = 0; n < count; ++n) {
    const std::string text = std::to_string(n);
    const Argument operands[] = {{"operands", std::string_view(text)}};
    writer->slice({row, static_cast<std::int64_t>(n), 1, "Pass", "issue", operands});
  }
  writer->finish();
  const PacketTrace trace = packets("a.pftrace");
  ASSERT_EQ(trace.slices.size(), count);
  for (std::size_t n = 0; n < count; ++n) {
    ASSERT_EQ(trace.slices[n].texts.at("operands"), std::to_string(n));
  }
}

TEST_F(TimelineWriterTest, ValuesOfACounterComeBack) {
  const auto writer = open("a.pftrace");
  const RowId chip = writer->add_row("gpu", kTop, 0);
  const RowId counter = writer->add_counter("DRAM read", "bytes", chip, 1);
  writer->value(counter, 0, 64);
  writer->value(counter, 256, 0);
  writer->note(300, "The run broke off.");
  writer->finish();
  const PacketTrace trace = packets("a.pftrace");
  EXPECT_THAT(trace.values.at("gpu.DRAM read"), ElementsAre(64, 0));
  EXPECT_THAT(trace.notes, ElementsAre("The run broke off."));
}

TEST_F(TimelineWriterTest, WithoutFinishNothingStays) {
  for (const char* name : {"a.pftrace", "a.json", "a.json.gz"}) {
    { open(name)->add_row("lpu", kTop, 0); }
    EXPECT_EQ(files(), 0U) << name;
  }
}

TEST_F(TimelineWriterTest, AFileThatCannotBeMadeIsNamed) {
  std::filesystem::create_directory(path("folder"));
  EXPECT_THAT([&] { open("folder"); },
              ::testing::ThrowsMessage<UserError>(HasSubstr("folder: file: is a folder")));
  EXPECT_THAT([&] { open("no/a.json"); },
              ::testing::ThrowsMessage<UserError>(HasSubstr("a.json: file: cannot be created")));
}

TEST_F(TimelineWriterTest, AFullDiskIsToldAtTheEnd) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  const auto writer = make_timeline_writer("/dev/full", {"lpu:test", kGroqHz});
  writer->add_row("lpu", kTop, 0);
  EXPECT_THAT([&] { writer->finish(); },
              ::testing::ThrowsMessage<UserError>(HasSubstr("/dev/full: file: cannot be written")));
}

TEST_F(TimelineWriterTest, ALinkStaysALink) {
  std::filesystem::create_symlink("real.json", path("link.json"));
  open("link.json")->finish();
  EXPECT_TRUE(std::filesystem::is_symlink(path("link.json")));
  EXPECT_THAT(read_text(path("real.json")), HasSubstr("traceEvents"));
}

}  // namespace
}  // namespace metronome::waveforms::testing
