// SPDX-License-Identifier: Apache-2.0
#include "runtime/probe/probe.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "runtime/probe/bench.h"
#include "runtime/probe/probes.h"

namespace metronome::runtime {
namespace {

using probe::Bench;
using probe::Table;

/// The list of all tests, in the order of the table.
constexpr void (*kTests[])(Bench&, Table&) = {
    probe::test_l1_latency,    probe::test_l2_latency,    probe::test_far_latency,
    probe::test_dram_latency,  probe::test_latency_curve, probe::test_l1_spread,
    probe::test_l2_spread,     probe::test_dram_spread,   probe::test_shared_latency,
    probe::test_issue_pattern, probe::test_fixed_latency, probe::test_scheduler_order,
    probe::test_shared_rate,   probe::test_l1_rate,       probe::test_l2_rate,
    probe::test_occupancy,     probe::test_dram_rate,     probe::test_bulk_copy,
    probe::test_tensor_rate,   probe::test_special_rate,  probe::test_launch_gaps,
    probe::test_token_spread,
};

}  // namespace

std::vector<ProbeRow> run_probe(const gpu::GpuSpec& spec,
                                const std::function<void(const std::string&)>& progress) {
  Bench bench(spec);
  std::vector<ProbeRow> rows;
  Table table(spec.name, rows);
  for (const auto test : kTests) {
    progress(fmt::format("{} of {} microbenchmarks", &test - kTests, std::size(kTests)));
    test(bench, table);
  }
  return rows;
}

}  // namespace metronome::runtime
