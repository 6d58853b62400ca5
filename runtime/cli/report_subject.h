// SPDX-License-Identifier: Apache-2.0
// What a report is about: a model compiled for its chip, an image, or what a document tells.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/lpu/check_schedule.h"
#include "runtime/cli/run_document.h"
#include "runtime/cli/subject.h"
#include "runtime/generation/sampler.h"

namespace metronome::cli {

constexpr std::int64_t kLastOfPrompt = -1;

struct ReportOptions {
  std::string model_path;
  std::string output;
  std::string prompt;
  std::int64_t tokens = 0;
  std::int64_t position = kLastOfPrompt;
  std::int64_t runs = 0;
  std::string machines;
  Document document;
  bool quiet = false;
};

/// A schedule that the judge rejects cannot run.
struct Rejected {
  const lpu::Program* program = nullptr;
  compiler::Conflict conflict;
};

/// The model that is reported on, compiled for its chip.
struct Reported {
  Subject subject;
  std::unique_ptr<lpu::Image> image;
  std::vector<std::int32_t> prompt_ids;
  runtime::SamplingOptions sampling;
  std::optional<Rejected> rejected;  // only of an image
};

/// Errors: UserError naming the file, the field, what was found and what is allowed.
Reported prepare_report(const ReportOptions& options, const Arguments& arguments,
                        Progress& progress);

}  // namespace metronome::cli
