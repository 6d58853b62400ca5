// SPDX-License-Identifier: Apache-2.0
// Tests that ask for exact cycles, read from the issues themselves.
#include <fmt/core.h>

#include <algorithm>

#include "runtime/probe/issue_log.h"
#include "runtime/probe/kernels.h"
#include "runtime/probe/probes.h"

namespace metronome::runtime::probe {
namespace {

constexpr int kMany = 24;  // instructions: enough to be steady at the end

double last_interval(Bench& bench, const std::string& kernel) {
  const auto intervals = issue_intervals(issues_of(bench, {kernel, 1, 1, {}}));
  // The last instruction is EXIT, which waits for others.
  return static_cast<double>(intervals[intervals.size() - 2]);
}

}  // namespace

void test_issue_pattern(Bench& bench, Table& table) {
  if (table.is("teaching")) return;
  bench.reset(1);
  // Every instruction writes a register that an earlier one has not filled yet, so each gets its
  // own.
  const auto kernel = [&](int warps) {
    std::string text;
    for (int n = 0; n < kMany; ++n) {
      text += fmt::format("{}LDS R{}, [RZ] {{stall 1, write SB0}}", n == 0 ? "" : "\n", 2 + n);
    }
    return independent(text, 1, warps, 2 + kMany);
  };
  const auto first = issue_intervals(issues_of(bench, {kernel(1), 1, 1, {}}));
  double sixth = 0.0;
  for (std::size_t n = 0; n < 5; ++n) sixth += static_cast<double>(first[n]);
  table.near("V10", "sixth memory instruction after the first", "cycles", sixth, 11.0, 0.0,
             "HU25 table 1: at 13, the first at 2");
  constexpr double kSteady[] = {4, 4, 6, 8};
  for (int warps = 1; warps <= 4; ++warps) {
    table.near("V10", fmt::format("steady interval, {} sub-cores", warps), "cycles",
               last_interval(bench, kernel(warps)), kSteady[warps - 1], 0.0, "HU25 table 1");
  }
}

void test_fixed_latency(Bench& bench, Table& table) {
  if (bench.spec().fma_lanes != 32) return;
  bench.reset(1);
  const auto row = [&](const char* test, const char* text, double value) {
    table.near("V11", test, "cycles", last_interval(bench, independent(text, kMany, 1, 24)), value,
               0.0, "HU25");
  };
  row("dependent FFMA", "FFMA R2, R2, R3, RZ {stall 4}", 4);
  row("FFMA, operands in different banks", "FFMA RZ, R2, R3, RZ {stall 1}", 1);
  row("FFMA, two operands in a bank", "FFMA RZ, R2, R4, R5 {stall 1}", 2);
  row("FFMA, three operands in a bank", "FFMA RZ, R2, R4, R6 {stall 1}", 3);
  row("yield with nobody else ready", "FFMA RZ, R2, R3, RZ {stall 1, yield}", 2);
}

/// Four warps of one sub-core, all ready at once: the youngest goes first and is kept until it has
/// to wait; then the next younger, the oldest last.
void test_scheduler_order(Bench& bench, Table& table) {
  if (bench.spec().fma_lanes != 32) return;  // on others the unit's latch makes warps take turns
  bench.reset(1);
  const std::string text =
      "FADD R2, R3, R6 {stall 1}\nFADD R4, R3, R6 {stall 15}\nFADD R5, R3, R6 {stall 1}";
  const auto issues = issues_of(bench, {independent(text, 1, 16, 8), 1, 1, {}});
  // Digits are the warps of the first sub-core, oldest 0, in the order of their second issue.
  double order = 0.0;
  double greedy = 1.0;
  gpu::Cycle last_cycle = -1;
  int last_warp = -1;
  for (const Issued& i : issues) {
    if (i.sub_core != issues.front().sub_core || i.pc > 1) continue;
    if (i.pc == 1) {
      order =
          order * 10.0 + static_cast<double>(i.warp) / static_cast<double>(bench.spec().sub_cores);
      if (i.warp != last_warp || i.cycle != last_cycle + 1) greedy = 0.0;
    }
    last_warp = i.warp;
    last_cycle = i.cycle;
  }
  table.near("V12", "order of four warps, youngest first", "", order, 3210.0, 0.0, "HU25 fig. 4");
  table.near("V12", "a warp is kept until it waits", "", greedy, 1.0, 0.0, "HU25 fig. 4");
}

void test_special_rate(Bench& bench, Table& table) {
  if (table.is("teaching")) return;
  bench.reset(1);
  table.near("V20", "MUFU interval of a sub-core", "cycles",
             last_interval(bench, independent("MUFU.RCP RZ, R5 {stall 1}", kMany, 1, 8)), 8.0, 0.0,
             "HOTN");
}

}  // namespace metronome::runtime::probe
