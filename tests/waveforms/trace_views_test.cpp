// SPDX-License-Identifier: Apache-2.0
#include "waveforms/trace_views.h"

#include <cstdlib>
#include <set>
#include <sstream>

#include "tests/waveforms/trace_fixture.h"

namespace metronome::waveforms::testing {
namespace {

using ::testing::HasSubstr;

class TraceViewsTest : public TraceFixture {
 protected:
  /// Rows of the save file, as dotted paths.
  std::vector<std::string> rows() const {
    std::vector<std::string> found;
    std::istringstream lines(read_text(folder_.path() / "run.gtkw"));
    for (std::string line; std::getline(lines, line);) {
      const std::size_t name = line.find("lpu.");
      if (name == std::string::npos || line[0] == '[' || line[0] == '^') continue;
      const std::string path = line.substr(name);
      found.push_back(path.substr(0, path.find('[')));
    }
    return found;
  }
  void run() {
    for (std::int64_t c = 40; c < 200; ++c) {
      issue(0, c, "Read", "address=" + std::to_string(c));
      if (c % 5 == 0) issue(90, c, "Mul.F32", "a=E0:4,b=E4:4,result=E8:4", 3);
      drive(true, 3, 10, c + 1, static_cast<std::uint8_t>(c));
    }
  }
};

TEST_F(TraceViewsTest, EverySignalRowIsInTheTraceAndEveryQueueHasOne) {
  for (const bool strings : {true, false}) {
    start({.strings = strings});
    run();
    const VcdFile file = finish(250);
    EXPECT_EQ(write_views(trace_->summary()).gtkwave, folder_.path() / "run.gtkw");
    const std::vector<std::string> found = rows();
    std::set<std::string> unique(found.begin(), found.end());
    EXPECT_EQ(unique.size(), found.size());
    for (const std::string& row : found) EXPECT_TRUE(file.has(row)) << row;
    for (const auto& [path, history] : file.changes) {
      if (path.ends_with(".opcode")) {
        EXPECT_TRUE(unique.contains(path)) << path;
      }
    }
  }
}

TEST_F(TraceViewsTest, WhatRanStandsInOpenGroupsAndTheLiveliestCyclesInSight) {
  start();
  run();
  finish(250);
  write_views(trace_->summary());
  const std::string text = read_text(folder_.path() / "run.gtkw");
  EXPECT_THAT(text, HasSubstr("@800200\n-MEM west\n@2022\n^1 run.opcodes.txt\n[color] 4\n"
                              "+{mem_w slice_0} lpu.mem_w.slice_0.opcode[7:0]\n"
                              "@20\n[color] 0\n+{for} lpu.mem_w.slice_0.purpose\n@1000200"));
  EXPECT_NE(text.find("@c00200\n-MEM east, idle\n"), std::string::npos);
  EXPECT_THAT(text, HasSubstr("@800200\n-Streams east at the VXM\n@20\n[color] 5\n"
                              "+{E3 at x_19} lpu.streams.east.s_03.x_19.value\n"));
  EXPECT_NE(text.find("[timestart] " + std::to_string(clock_.start_ps(40)) + "\n"),
            std::string::npos);
}

TEST_F(TraceViewsTest, AFilteredTraceShowsWhatItHas) {
  start({.filters = {"vxm.alu_2"}});
  run();
  finish(250);
  write_views(trace_->summary());
  EXPECT_THAT(rows(), ::testing::UnorderedElementsAre(
                          "lpu.clock", "lpu.cycle", "lpu.program", "lpu.barrier",
                          "lpu.vxm.alu_2.opcode", "lpu.vxm.alu_2.purpose", "lpu.vxm.alu_2.operands",
                          "lpu.vxm.alu_2.next_dispatch"));
}

TEST_F(TraceViewsTest, SurferGetsCommandsForWhatRanAndNamesForItsNumbers) {
  start();
  run();
  const VcdFile file = finish(250);
  EXPECT_EQ(write_views(trace_->summary()).surfer, folder_.path() / "run.sucl");
  std::istringstream lines(read_text(folder_.path() / "run.sucl"));
  int rows = 0;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string command, word, more;
    words >> command >> word;
    if (command == "variable_add") {
      ++rows;
      EXPECT_TRUE(file.has(word)) << line;
    }
    if (command != "zoom_to") {
      EXPECT_FALSE(words >> more) << line;
    }
  }
  EXPECT_GE(rows, 8);
  const std::string text = read_text(folder_.path() / "run.sucl");
  EXPECT_THAT(text, HasSubstr("divider_add MEM_west\nvariable_add lpu.mem_w.slice_0.opcode\n"
                              "item_focus f\nitem_set_format run_opcodes\nitem_set_color Green"));
  EXPECT_THAT(text, HasSubstr("zoom_to " + std::to_string(clock_.start_ps(40)) + " " +
                              std::to_string(clock_.start_ps(80)) + "\n"));
  const std::string mapping = read_text(folder_.path() / ".surfer" / "mappings" / "run_opcodes");
  EXPECT_THAT(mapping, ::testing::StartsWith("Name = run_opcodes\nBits = 8\n"));
  EXPECT_THAT(mapping, HasSubstr("0xff[#101010] -\n"));
}

/// What fst2vcd wrote, by path, without leading zeros.
std::map<std::string, std::vector<std::pair<std::int64_t, std::string>>> converted(
    const std::string& text) {
  std::map<std::string, std::vector<std::pair<std::int64_t, std::string>>> changes;
  std::map<std::string, std::string> paths;
  std::string scope;
  std::int64_t time = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word, kind, width, code, name;
    if (!(words >> word)) continue;
    if (word == "$scope") {
      words >> kind >> name;
      scope += name + ".";
    } else if (word == "$upscope") {
      scope.erase(scope.rfind('.', scope.size() - 2) + 1);
    } else if (word == "$var") {
      words >> kind >> width >> code >> name;
      paths[code] = scope + name;
    } else if (word[0] == '#') {
      time = std::stoll(word.substr(1));
    } else if (word[0] == 's' || word[0] == 'b') {
      words >> code;
      if (word[0] == 'b' && word.find_first_not_of('z', 1) == std::string::npos) word = "bz";
      const std::size_t start = word[0] == 's' ? 1 : word.find_first_not_of('0', 1);
      changes[paths.at(code)].emplace_back(time, word.substr(std::min(start, word.size() - 1)));
    } else if (paths.count(word.substr(1)) != 0) {
      changes[paths.at(word.substr(1))].emplace_back(time, word.substr(0, 1));
    }
  }
  return changes;
}

/// GTKWave's own converters read the trace and give the same values back.
TEST_F(TraceViewsTest, GtkwaveReadsWhatWeWrite) {
  if (std::system("command -v vcd2fst > /dev/null && command -v fst2vcd > /dev/null") != 0) {
    GTEST_SKIP() << "vcd2fst and fst2vcd are not installed (apt-get install gtkwave)";
  }
  start();
  run();
  const VcdFile file = finish(250);
  const std::string base = (folder_.path() / "run").string();
  const std::string there = "vcd2fst " + base + ".vcd " + base + ".fst > " + base + ".log 2>&1";
  const std::string back = "fst2vcd " + base + ".fst > " + base + ".back";
  ASSERT_EQ(std::system((there + " && " + back).c_str()), 0);
  EXPECT_EQ(read_text(base + ".log"), "");
  const auto changes = converted(read_text(base + ".back"));
  EXPECT_EQ(changes.size(), file.variables.size());
  for (const auto& [path, history] : file.changes) {
    EXPECT_EQ(changes.at(path), history) << path;
  }
}

}  // namespace
}  // namespace metronome::waveforms::testing
