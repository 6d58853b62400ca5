// SPDX-License-Identifier: Apache-2.0
// Rows of warp instructions, read by the rules of Kanata 0004.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <sstream>

#include "tests/harness/model_writer.h"
#include "tests/waveforms/vcd_reader.h"
#include "waveforms/timeline/timeline_writer.h"

namespace metronome::waveforms::testing {
namespace {

using ::testing::ElementsAre;

/// What happened to one row: each stage with the cycle in which it begins.
struct Row {
  std::string label;
  std::string hover;
  std::vector<std::pair<std::string, std::int64_t>> stages;
  std::int64_t retired = -1;
  bool flushed = false;
};

std::map<int, Row> read_kanata(const std::string& text) {
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "Kanata\t0004");
  std::map<int, Row> rows;
  std::int64_t now = -1;
  while (std::getline(lines, line)) {
    std::istringstream fields(line);
    std::array<std::string, 4> f;
    for (std::string& field : f) std::getline(fields, field, '\t');
    if (f[0] == "C=") {
      EXPECT_EQ(now, -1);
      now = std::stoll(f[1]);
      continue;
    }
    if (f[0] == "C") {
      EXPECT_GT(std::stoll(f[1]), 0);
      now += std::stoll(f[1]);
      continue;
    }
    const int id = std::stoi(f[1]);
    if (f[0] == "I") {
      EXPECT_FALSE(rows.contains(id));
      rows[id] = {};
      continue;
    }
    Row& row = rows.at(id);
    EXPECT_EQ(row.retired, -1) << "nothing comes after the end: " << line;
    if (f[0] == "L") (f[2] == "0" ? row.label : row.hover) = f[3];
    if (f[0] == "S") row.stages.emplace_back(f[3], now);
    if (f[0] == "R") {
      row.retired = now;
      row.flushed = f[3] == "1";
    }
  }
  return rows;
}

class KanataWriterTest : public ::testing::Test {
 protected:
  KanataWriterTest()
      : path_(folder_.path() / "a.kanata"),
        writer_(make_timeline_writer(path_, {"gpu:test", 1'000'000'000})) {
    const RowId gpu = writer_->add_row("gpu", kTop, 0);
    for (const char* sm : {"sm_0", "sm_1"}) {
      const RowId core = writer_->add_row("sub_core_0", writer_->add_row(sm, gpu, 0), 0);
      issue_.push_back(writer_->add_row("issue", core, 0));
    }
  }
  void issue(std::size_t sm, std::int64_t cycle, std::int64_t warp, std::int64_t pc,
             std::string_view mnemonic) {
    const std::array<Argument, 5> arguments = {{{"warp", warp},
                                                {"pc", pc},
                                                {"instruction", mnemonic},
                                                {"stalled", std::int64_t{7}},
                                                {"stalled_for", std::string_view("fetch")}}};
    writer_->slice({issue_[sm], cycle, 2, mnemonic, "issue", arguments});
  }

  harness::TempFolder folder_;
  std::filesystem::path path_;
  std::unique_ptr<TimelineWriter> writer_;
  std::vector<RowId> issue_;  // by SM
};

TEST_F(KanataWriterTest, EachInstructionOfOneSmIsARowFromItsWaitToItsEnd) {
  issue(1, 10, 4, 0, "MOV");
  issue(0, 11, 4, 0, "ADD");
  issue(1, 12, 5, 0, "EXIT");
  issue(1, 20, 4, 1, "EXIT");
  writer_->finish();
  const std::map<int, Row> rows = read_kanata(read_text(path_));
  ASSERT_EQ(rows.size(), 3U) << "of the first SM to issue";
  using Stage = std::pair<std::string, std::int64_t>;
  const Row& last = rows.at(1);
  EXPECT_EQ(last.label, "warp 4 pc 1: EXIT");
  EXPECT_EQ(last.hover, "gpu.sm_1.sub_core_0.issue, cycle 20, after 7 cycles of fetch");
  EXPECT_THAT(last.stages, ElementsAre(Stage("Wt", 11), Stage("Is", 20), Stage("Ex", 21)));
  EXPECT_EQ(last.retired, 23);
  EXPECT_FALSE(last.flushed);
}

TEST_F(KanataWriterTest, AWarpThatStillWaitsAtTheEndIsShownAsCutOff) {
  issue(0, 10, 4, 0, "LDG");
  writer_->finish();
  const std::map<int, Row> rows = read_kanata(read_text(path_));
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_TRUE(rows.at(1).flushed);
  EXPECT_GE(rows.at(1).retired, 11);
}

}  // namespace
}  // namespace metronome::waveforms::testing
