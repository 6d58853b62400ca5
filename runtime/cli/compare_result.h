// SPDX-License-Identifier: Apache-2.0
// What a comparison found, with the machines that it was found on, and its two forms: tables for
// people and JSON for programs. Neither holds host time: the same words give the same bytes.
#pragma once

#include <string>
#include <vector>

#include "runtime/cli/machine_option.h"
#include "runtime/cli/text_chart.h"
#include "runtime/comparison/comparison.h"

namespace metronome::cli {

struct CompareResult {
  std::string model;
  std::string model_file;    // as it was named; empty for the shipped model
  std::int64_t context = 0;  // positions that machines were prepared for
  std::string prompt;
  std::string generated;               // text
  std::vector<MachineChoice> choices;  // by machine
  comparison::GpuOptions gpu;
  comparison::Comparison found;
};

std::string compare_report(const CompareResult& result, const TextStyle& style);
std::string compare_json(const CompareResult& result);

/// What must not happen and did, in words; empty if all is well.
std::string broken_promise(const CompareResult& result);

}  // namespace metronome::cli
