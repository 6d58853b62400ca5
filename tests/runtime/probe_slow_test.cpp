// SPDX-License-Identifier: Apache-2.0
// Every published point of every board, and how much whole tokens vary.
#include <gtest/gtest.h>

#include "runtime/comparison/distribution.h"
#include "runtime/comparison/gpu_machine.h"
#include "runtime/probe/probe.h"
#include "runtime/synthetic_model.h"

namespace metronome::runtime {
namespace {

struct Board {
  const char* name;
  std::vector<std::string> points;  // judged
};

class ProbeOf : public ::testing::TestWithParam<Board> {};

TEST_P(ProbeOf, ABoardGivesWhatWasPublishedOfIt) {
  std::vector<std::string> judged;
  for (const ProbeRow& row : run_probe(gpu::gpu_preset(GetParam().name), [](const auto&) {})) {
    if (!row.judged) continue;
    EXPECT_TRUE(row.passed()) << row.id << " " << row.test << ": " << row.model << " " << row.unit
                              << ", published " << row.published << ", tolerance " << row.tolerance;
    if (judged.empty() || judged.back() != row.id) judged.push_back(row.id);
  }
  EXPECT_EQ(judged, GetParam().points);
}

const Board kBoards[] = {
    {"v100", {"V1", "V2", "V4", "V10", "V13", "V14", "V20"}},
    {"a100", {"V1", "V2", "V3", "V4", "V9", "V10", "V13", "V14", "V15", "V17", "V20"}},
    {"h100-pcie",
     {"V1", "V2", "V3", "V4", "V5", "V9", "V10", "V11", "V12", "V13", "V14", "V15", "V17", "V19",
      "V20"}},
    {"h100",
     {"V1", "V6", "V7", "V8", "V9", "V10", "V11", "V12", "V13", "V14", "V19", "V20", "V26"}},
    {"h200", {"V9", "V10", "V11", "V12", "V13", "V14", "V15", "V17", "V19", "V20", "V21", "V26"}},
};
INSTANTIATE_TEST_SUITE_P(Boards, ProbeOf, ::testing::ValuesIn(kBoards), [](const auto& board) {
  const std::string name = board.param.name;
  return name == "h100-pcie" ? "h100pcie" : name;
});

/// p99 over p50 of a warm token of a small decode on h100, `seeds` of one process.
double spread_of(std::uint64_t seeds, comparison::GpuOptions options) {
  options.process_seed = 0;
  const graph::Model model = synthetic_model({"decode", 256, 2, 4, 4, 64, 704, 1024, 8});
  comparison::GpuMachine machine(model, gpu::gpu_preset("h100"), options, 8);
  comparison::Distribution cycles;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    machine.begin(seed);
    machine.step(0);
    cycles.add(machine.step(0).cycles);
  }
  return cycles.summary().tail_ratio();
}

// In a graph alone it is 1.01 at most: V26 of the boards above.
TEST(TokensOfAGpu, VaryMoreBesideAnotherKernel) {
  comparison::GpuOptions options;
  options.background_permille = 500;
  EXPECT_GT(spread_of(25, options), 1.01);
}

TEST(TokensOfAGpu, VaryMoreWhereTheHostLaunchesOneByOne) {
  comparison::GpuOptions options;
  options.mode = gpu::LaunchMode::kStream;
  EXPECT_GT(spread_of(100, options), 1.05);  // one launch in 200 is 25 us late or more
}

}  // namespace
}  // namespace metronome::runtime
