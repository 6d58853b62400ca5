// SPDX-License-Identifier: Apache-2.0
// A GPU's microbenchmarks beside what was published.
#include <fmt/core.h>

#include <algorithm>

#include "runtime/cli/arguments.h"
#include "runtime/cli/numbers.h"
#include "runtime/cli/probe_chart.h"
#include "runtime/cli/terminal.h"
#include "runtime/gpu_file.h"
#include "runtime/probe/probe.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::cli {
namespace {

std::string verdict(const runtime::ProbeRow& row) {
  if (!row.judged) return row.passed() ? "reported" : "reported, off";
  return row.passed() ? "pass" : "FAIL";
}

std::string error_text(const runtime::ProbeRow& row) {
  const double middle = (row.least + row.most) / 2;
  return middle == 0.0 ? "" : fmt::format("{:+.1f} %", (row.model / middle - 1.0) * 100.0);
}

int run(const Arguments& arguments) {
  const std::string& name = arguments.operand();
  if (!name.starts_with("gpu:")) {
    throw UsageError("GPU: found " + runtime::printable(name) + ", expected gpu:NAME");
  }
  const gpu::GpuSpec spec = runtime::gpu_of(name.substr(4));
  Progress progress(arguments.has("quiet"));
  const auto rows =
      runtime::run_probe(spec, [&](const std::string& text) { progress.show("probing: " + text); });
  progress.clear();
  std::vector<std::vector<std::string>> lines;
  lines.reserve(rows.size());
  for (const runtime::ProbeRow& row : rows) {
    lines.push_back({row.id, row.test, fmt::format("{:.4g}", row.model), row.published, row.unit,
                     error_text(row), row.tolerance, row.source, verdict(row)});
  }
  put(fmt::format("{}: {}\n\n", spec.name, spec.about));
  put(table({"", "test", ">model", ">published", "", ">error", ">tolerance", "source", ""}, lines,
            0));
  const std::string chart = probe_chart(rows, text_style());
  if (!chart.empty()) put("\n" + chart);
  const auto failed = std::count_if(rows.begin(), rows.end(),
                                    [](const auto& row) { return row.judged && !row.passed(); });
  const auto judged =
      std::count_if(rows.begin(), rows.end(), [](const auto& row) { return row.judged; });
  put(fmt::format("\n{} of {} judged tests within tolerance, {} reported only\n", judged - failed,
                  judged, static_cast<std::int64_t>(rows.size()) - judged));
  return failed == 0 ? kOk : kFailed;
}

}  // namespace

Command probe_command() {
  return {
      "probe",
      "gpu:NAME",
      "measure a GPU model against published microbenchmarks",
      "Runs microbenchmarks on the model of a GPU and prints, for each, what the model gives, "
      "what was published for the board, the source and the tolerance. Ends with exit code 1 if "
      "any judged test is out of its tolerance. Boards with published values: v100, a100, "
      "h100-pcie, h100 and h200.",
      "  metronome probe gpu:h100",
      {{"quiet,q", "", "no progress"}},
      run};
}

}  // namespace metronome::cli
