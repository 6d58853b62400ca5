// SPDX-License-Identifier: Apache-2.0
// A comparison of machines whose cycles are known by hand.
#include "runtime/comparison/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hw/isa/error.h"

namespace metronome::comparison {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;

constexpr std::size_t kVocab = 8;
constexpr std::int32_t kEnd = 7;

/// Costs 100 cycles, a hundred times its seed, and its position; chooses its token plus one.
class FakeMachine : public Machine {
 public:
  explicit FakeMachine(std::string name) : name_(std::move(name)) {}

  bool acts = true;          // has a cause that can
  std::int64_t odd_at = -1;  // position at which it prefers another token
  std::uint64_t odd_seed = 0;
  bool odd_results = false;  // in runs of odd_seed

  std::string name() const override { return name_; }
  std::int64_t clock_hz() const override { return 1'000'000; }
  std::int64_t context() const override { return 16; }
  void begin(std::uint64_t seed) override {
    seed_ = seed;
    position_ = 0;
    ++begun;
  }
  TokenCost step(std::int32_t token) override {
    logits_.assign(kVocab, 0.0F);
    logits_[static_cast<std::size_t>(token + 1) % kVocab] = 1.0F;
    if (position_ == odd_at) logits_[0] = 1.5F;
    if (odd_results && seed_ == odd_seed) logits_[3] += 0.25F;
    fed.push_back(token);
    cycles_ = 100 + 100 * static_cast<Cycle>(seed_) + position_;
    return {position_++, cycles_, logits_};
  }
  std::vector<Piece> pieces() const override {
    return {{Piece::Kind::kLayer, "blk.0", "layer", cycles_ - 10},
            {Piece::Kind::kLayer, "blk.1", "layer", cycles_ - 20},
            {Piece::Kind::kKernel, "blk.0.mul", "mul", 5}};
  }
  std::vector<TimePart> time_parts() const override { return {{"all", "everything", cycles_}}; }
  void add_accesses(Distribution& accesses) const override { accesses.add(position_, 2); }
  std::string access_text() const override { return "accesses"; }
  std::vector<CauseFact> causes() const override {
    return {{"never", "does nothing", "it is not there"},
            {"seed", "its seed", acts ? "" : "the machine ignores it"}};
  }
  Cycle again(std::span<const std::int32_t> ids, const Variation& v) override {
    variations.push_back(v);
    const std::uint64_t seed = !v.cause || *v.cause == 1 ? v.varied : v.fixed;
    return 100 + 100 * static_cast<Cycle>(seed) + static_cast<Cycle>(ids.size()) - 1;
  }

  int begun = 0;
  std::vector<std::int32_t> fed;
  std::vector<Variation> variations;

 private:
  std::string name_;
  std::uint64_t seed_ = 0;
  std::int64_t position_ = 0;
  Cycle cycles_ = 0;
  std::vector<float> logits_;
};

class AComparison : public ::testing::Test {
 protected:
  AComparison() {
    machines_.push_back(std::make_unique<FakeMachine>("fake:a"));
    machines_.push_back(std::make_unique<FakeMachine>("fake:b"));
    settings_.prompt = {1, 2};
    settings_.tokens = 3;
    settings_.runs = 3;
    settings_.seed = 4;
  }

  FakeMachine& machine(std::size_t m) { return dynamic_cast<FakeMachine&>(*machines_[m]); }
  Comparison run() {
    return compare(
        machines_, settings_, [](std::int32_t id) { return id == kEnd; },
        [this](const Machine& m, std::int64_t done, std::int64_t all) {
          told_.emplace_back(m.name(), done);
          all_ = all;
        });
  }

  std::vector<std::unique_ptr<Machine>> machines_;
  Settings settings_;
  std::vector<std::pair<std::string, std::int64_t>> told_;
  std::int64_t all_ = 0;
};

TEST_F(AComparison, FeedsEveryMachineTheTokensThatTheFirstChose) {
  const Comparison found = run();
  EXPECT_THAT(found.fed, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(found.generated, ElementsAre(3, 4, 5));
  EXPECT_FALSE(found.ended);
  for (std::size_t m = 0; m < 2; ++m) {
    EXPECT_EQ(machine(m).begun, 3);
    EXPECT_THAT(machine(m).fed, ElementsAre(1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4));
  }
}

TEST_F(AComparison, StopsWhereTheModelEndsItsText) {
  settings_.prompt = {4, 5};
  settings_.tokens = 9;
  const Comparison found = run();
  EXPECT_THAT(found.fed, ElementsAre(4, 5, 6));
  EXPECT_THAT(found.generated, ElementsAre(6));
  EXPECT_TRUE(found.ended);
}

TEST_F(AComparison, KeepsEveryRunAndItsSeed) {
  const Comparison found = run();
  const MachineResult& b = found.machines[1];
  EXPECT_EQ(b.name, "fake:b");
  ASSERT_EQ(b.runs.size(), 3U);
  EXPECT_EQ(b.runs[2].seed, 6U);
  EXPECT_THAT(b.runs[2].cycles, ElementsAre(700, 701, 702, 703));
  EXPECT_EQ(b.at_position(3), (Summary{3, 503, 603, 703, 703, 703, 703}));
  EXPECT_EQ(b.pooled().count, 12);
  EXPECT_EQ(b.pooled().spread(), 203);
}

TEST_F(AComparison, ShowsPiecesOfTheLastTokenByNameAndByGroup) {
  const MachineResult b = run().machines[1];
  EXPECT_THAT(b.groups(Piece::Kind::kLayer), ElementsAre("layer"));
  EXPECT_THAT(b.groups(Piece::Kind::kKernel), ElementsAre("mul"));
  EXPECT_EQ(b.group(Piece::Kind::kLayer, "layer"), (Summary{6, 483, 583, 693, 693, 693, 693}));
  EXPECT_EQ(b.pieces[1].name, "blk.1");
  EXPECT_EQ(b.pieces[1].cycles.summary().p50, 583);
  EXPECT_EQ(b.accesses.count(), 6);
}

TEST_F(AComparison, TellsWhereTheTimeOfTheMedianRunWent) {
  const MachineResult b = run().machines[1];
  EXPECT_EQ(b.time_seed, 5U);
  EXPECT_THAT(b.time_parts, ElementsAre(Field(&TimePart::cycles, 603)));
}

TEST_F(AComparison, VariesOneCauseAtATimeAndThenAll) {
  const MachineResult b = run().machines[1];
  EXPECT_EQ(b.fixed_cycles, 503);
  ASSERT_EQ(b.causes.size(), 2U);
  EXPECT_EQ(b.causes[0].added.count(), 0);
  EXPECT_EQ(b.causes[1].added.summary(), (Summary{3, 100, 200, 300, 300, 300, 300}));
  EXPECT_EQ(b.all_causes.added.summary(), b.causes[1].added.summary());
  for (const Variation& v : machine(1).variations) EXPECT_EQ(v.fixed, 4U);
}

TEST_F(AComparison, TakesNoMoreRunsOfACauseThanItIsAllowed) {
  settings_.runs = 9;
  settings_.cause_runs = 2;
  EXPECT_EQ(run().machines[0].causes[1].added.count(), 2);
}

TEST_F(AComparison, DoesNotVaryWhatCannotAct) {
  machine(0).acts = false;
  const MachineResult a = run().machines[0];
  EXPECT_THAT(machine(0).variations, IsEmpty());
  EXPECT_EQ(a.causes[1].fact.absent, "the machine ignores it");
  EXPECT_EQ(a.fixed_cycles, 0);
}

TEST_F(AComparison, GoesOnWithTheFirstMachinesTokensWhereAnotherWouldChooseOthers) {
  machine(1).odd_at = 2;
  const Comparison found = run();
  EXPECT_THAT(found.fed, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(found.machines[0].disagreements, IsEmpty());
  ASSERT_EQ(found.machines[1].disagreements.size(), 1U);
  const Disagreement& d = found.machines[1].disagreements[0];
  EXPECT_EQ(d.position, 2);
  EXPECT_EQ(d.first, 4);
  EXPECT_EQ(d.found, 0);
  EXPECT_DOUBLE_EQ(d.first_margin, 1.0);
  EXPECT_DOUBLE_EQ(d.found_margin, 0.5);
  EXPECT_DOUBLE_EQ(found.machines[1].largest_logit_difference, 1.5);
}

TEST_F(AComparison, NoticesARunThatComputesSomethingElse) {
  for (const std::size_t m : {0U, 1U}) {
    machine(m).odd_results = true;
    machine(m).odd_seed = 6;
  }
  const Comparison found = run();
  EXPECT_FALSE(found.machines[0].same_logits);
  EXPECT_FALSE(found.machines[1].same_logits);
  machine(0).odd_results = machine(1).odd_results = false;
  EXPECT_TRUE(run().machines[1].same_logits);
}

TEST_F(AComparison, TellsHowManyTokensThereAreAndHowManyAreDone) {
  run();
  // 3 runs of 4 tokens; the fixed measurement, 3 of the cause and 3 of all together, of 2 tokens
  // each.
  EXPECT_EQ(all_, 26);
  ASSERT_EQ(told_.size(), 38U);
  EXPECT_EQ(told_[0], (std::pair<std::string, std::int64_t>("fake:a", 0)));
  EXPECT_EQ(told_[18], (std::pair<std::string, std::int64_t>("fake:a", 24)));
  EXPECT_EQ(told_[19], (std::pair<std::string, std::int64_t>("fake:b", 0)));
}

}  // namespace
}  // namespace metronome::comparison
