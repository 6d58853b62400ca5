// SPDX-License-Identifier: Apache-2.0
// A comparison from its options to its result: what `compare` and `report` share.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/cli/arguments.h"
#include "runtime/cli/compare_result.h"
#include "runtime/cli/subject.h"
#include "runtime/cli/terminal.h"

namespace metronome::cli {

struct CompareOptions {
  std::int64_t context = 0;  // positions to prepare for; 0 takes the model's
  std::vector<MachineChoice> choices;
  comparison::Settings settings;  // its prompt, if given, stands for the text
  comparison::GpuOptions gpu;
  std::string prompt;
  runtime::SpecialText special = runtime::SpecialText::kPlain;
};

/// Takes machines with commas between. Errors: UsageError naming the option --machines.
void read_machines(CompareOptions& options, std::string text);
/// `lpu:groq1`
std::string full_name(const MachineChoice& choice);

/// Machines are made when it is, before any of them runs, as SystemC wants it.
struct Hall;

class CompareRun {
 public:
  /// Compiles `subject`'s model for each LPU; its own image is gone after that.
  /// Errors: UserError if the tokens asked for do not fit the context.
  CompareRun(Subject& subject, CompareOptions options, Progress& progress);
  ~CompareRun();
  CompareRun(const CompareRun&) = delete;
  CompareRun& operator=(const CompareRun&) = delete;

  CompareResult run();

 private:
  const Subject& subject_;
  CompareOptions options_;
  std::int64_t context_;
  Progress& progress_;
  std::unique_ptr<Hall> hall_;
};

}  // namespace metronome::cli
