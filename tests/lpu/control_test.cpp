// SPDX-License-Identifier: Apache-2.0
// What queues do besides dispatching to units, and what observers may not change.
#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/harness/lpu_bench.h"

namespace metronome::lpu::testing {
namespace {

constexpr Hemisphere kEast = Hemisphere::kEast;
constexpr Hemisphere kWest = Hemisphere::kWest;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

ChipSpec three_superlanes() {
  ChipSpec spec = teaching();
  spec.superlanes = 3;
  return spec;
}

class Control : public ::testing::Test {
 protected:
  Control() {
    for (int address = 0; address < 100; ++address) {
      bench_.put(kWest, 0, address, 4, random_bytes(static_cast<std::uint32_t>(address), 4 * 48));
    }
  }

  ProgramBuilder add_vectors(StreamGroup a, StreamGroup b, int superlanes = 3) const {
    ProgramBuilder program;
    bench_.feed(program, kWest, 0, 0, a, bench_.centre(), 20);
    program.at(20)
        .on(bench_.alu(0))
        .issue(binary(Opcode::kAddF32, Source::from(a), Source::from(b), east(8, 4), superlanes));
    return program;
  }

  Bench bench_{three_superlanes()};
};

TEST_F(Control, ConfigPowersSuperlanesDownUntilTheNextProgram) {
  Instruction config{Opcode::kConfig, {}};
  config.set(Field::kSuperlanes, 2);
  ProgramBuilder program = add_vectors(east(0, 4), east(0, 4));
  program.at(2).on(bench_.alu(0)).issue(config);
  EXPECT_TRUE(contains(bench_.error_of(program), "3 superlanes wanted, 2 powered"));
  ProgramBuilder narrow = add_vectors(east(0, 4), east(0, 4), 2);
  narrow.at(2).on(bench_.alu(0)).issue(config);
  EXPECT_EQ(bench_.error_of(narrow), "");
  EXPECT_EQ(bench_.error_of(add_vectors(east(0, 4), east(0, 4))), "");
}

TEST_F(Control, IfetchTakesTwoVectorsFromItsStreamsAndMissesThemIfTheyAreNotThere) {
  Instruction fetch{Opcode::kIfetch, {}};
  fetch.set(Field::kIn, east(0, 2));
  ProgramBuilder program;
  bench_.feed(program, kWest, 0, 0, east(0, 2), bench_.column(kEast, 8), 30);
  program.at(30).on(bench_.mem(kEast, 8)).issue(fetch);
  ASSERT_EQ(bench_.error_of(program), "");
  std::int64_t fetched = 0;
  for (const hw::Counter& c : bench_.chip().counters()) {
    if (c.name == "icu.fetched") fetched = c.value;
  }
  EXPECT_EQ(fetched, 2 * bench_.spec().lanes());
  ProgramBuilder nothing;
  nothing.at(30).on(bench_.mem(kEast, 8)).issue(fetch);
  EXPECT_TRUE(contains(bench_.error_of(nothing), "operand missing"));
}

TEST_F(Control, OneStreamGroupFromBothDirectionsCannotEnterOneAlu) {
  bench_.put(kEast, 0, 0, 4, random_bytes(5, 4 * 48));
  ProgramBuilder program = add_vectors(east(0, 4), west(0, 4));
  bench_.feed(program, kEast, 0, 0, west(0, 4), bench_.centre(), 20);
  EXPECT_TRUE(contains(bench_.error_of(program), "one stream group from both directions"));
  ProgramBuilder other = add_vectors(east(0, 4), west(4, 4));
  bench_.feed(other, kEast, 0, 0, west(4, 4), bench_.centre(), 20);
  EXPECT_EQ(bench_.error_of(other), "");
}

/// Counts what it is told.
class Watcher : public hw::Observer {
 public:
  void on_track(hw::TrackId, std::string_view) override {}
  void on_issue(const hw::IssueEvent& event) override {
    EXPECT_GE(event.cycle, last_);
    last_ = event.cycle;
    ++issues;
  }
  void on_stream(const hw::StreamEvent& event) override {
    EXPECT_GT(event.cycle, last_);
    ++values;
  }
  void on_end(std::int64_t) override {}

  int issues = 0;
  int values = 0;

 private:
  std::int64_t last_ = 0;
};

TEST_F(Control, ATrainReadAheadAndAnObservedOneGiveTheSameCyclesAndValues) {
  ProgramBuilder program;
  bench_.feed(program, kWest, 0, 0, east(0, 4), bench_.column(kEast, 0), 30, 100, 2, 1);
  bench_.capture(program, kEast, 0, 0, east(0, 4), bench_.column(kEast, 0), 30, 100, 2, 1);
  const Cycle cycles = bench_.run(program);
  std::vector<Bytes> rows;
  for (int address = 0; address < 100; ++address) rows.push_back(bench_.get(kEast, 0, address, 4));
  Watcher watcher;
  bench_.chip().observe(&watcher);
  EXPECT_EQ(bench_.run(program), cycles);
  bench_.chip().observe(nullptr);
  for (int address = 0; address < 100; ++address) {
    EXPECT_EQ(bench_.get(kEast, 0, address, 4), rows[static_cast<std::size_t>(address)]);
  }
  EXPECT_EQ(watcher.issues, 2 * 4 * 100);
  EXPECT_EQ(watcher.values, 4 * 100);
}

/// Everything that is told, as it was told.
struct Log : hw::Observer {
  void on_track(hw::TrackId, std::string_view) override {}
  void on_program(const hw::ProgramEvent& event) override {
    EXPECT_EQ(event.name, "purposes");
    EXPECT_EQ(event.released - event.notified, barrier_cycles());
    due.assign(event.first_issues.begin(), event.first_issues.end());
  }
  void on_issue(const hw::IssueEvent& event) override {
    EXPECT_EQ(event.cycle, due[event.track]);
    due[event.track] = event.next_cycle;
    purposes.push_back(fmt::format("{}/{}/{}/{}", event.purpose.op, event.purpose.step,
                                   event.purpose.layer, event.purpose.piece));
  }
  void on_stream(const hw::StreamEvent& event) override {
    ASSERT_EQ(event.value.size(), event.bytes.size() * static_cast<std::size_t>(event.width));
    for (std::size_t lane = 0; lane < event.bytes.size(); ++lane) {
      const std::size_t at = lane * static_cast<std::size_t>(event.width);
      ASSERT_EQ(event.bytes[lane], event.value[at + static_cast<std::size_t>(event.byte)]);
    }
    drives.push_back({event.track, event.stream, event.position, event.cycle});
  }
  void on_sample(const hw::SampleEvent& event) override {
    EXPECT_TRUE(event.eastward);
    const std::int64_t hops = event.position - event.producer_position;
    samples.push_back({event.producer, event.stream, event.producer_position, event.cycle - hops});
  }
  void on_end(std::int64_t) override {}

  struct Place {
    hw::TrackId track;
    int stream;
    int position;
    std::int64_t cycle;
    bool operator==(const Place&) const = default;
  };
  std::vector<std::int64_t> due;
  std::vector<std::string> purposes;
  std::vector<Place> drives;
  std::vector<Place> samples;
};

TEST_F(Control, AnObserverIsToldWhatIsDueWhatForAndWhoTakesWhich) {
  ProgramBuilder builder;
  bench_.feed(builder, kWest, 0, 0, east(0, 4), bench_.column(kEast, 0), 30, 10, 2, 1);
  bench_.capture(builder, kEast, 0, 0, east(0, 4), bench_.column(kEast, 0), 30, 10, 2, 1);
  Program program = builder.build();
  program.name = "purposes";
  program.stream_programs = {{"copy", "all", 3}};
  for (QueueProgram& queue : program.queues) {
    for (Issue& issue : queue.issues) issue.stream_program = 0;
  }
  Log log;
  bench_.chip().observe(&log);
  bench_.chip().run(program);
  bench_.chip().observe(nullptr);
  EXPECT_THAT(log.due, ::testing::Each(-1)) << "every instruction due was issued";
  EXPECT_EQ(log.purposes, std::vector<std::string>(2 * 4 * 10, "copy/all/3/0"));
  EXPECT_EQ(log.drives.size(), 4U * 10U);
  EXPECT_THAT(log.samples, ::testing::UnorderedElementsAreArray(log.drives));
}

}  // namespace
}  // namespace metronome::lpu::testing
