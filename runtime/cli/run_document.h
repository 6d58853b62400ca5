// SPDX-License-Identifier: Apache-2.0
// What `metronome run --json` or `compare --json` wrote, read again: a run that can be repeated and
// a comparison that can be shown.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/generation/sampler.h"

namespace metronome::cli {

struct RunDocument {
  std::string path;
  std::string model_file;  // as it was named; empty for the shipped model
  std::string chip;
  std::int64_t context = 0;
  std::vector<std::int32_t> prompt_ids;
  std::vector<std::int32_t> generated_ids;
  std::vector<std::int64_t> cycles;  // simulated, by token fed
  runtime::SamplingOptions sampling;
};

struct ComparisonDocument {
  std::string path;
  std::string model_file;
  std::string prompt;
  std::int64_t context = 0;
  std::vector<std::string> machines;  // `lpu:groq1`
  std::string json;                   // the whole document
};

/// At most one of the two.
struct Document {
  std::optional<RunDocument> run;
  std::optional<ComparisonDocument> comparison;

  bool any() const { return run || comparison; }
  std::string path() const { return run ? run->path : comparison ? comparison->path : ""; }
  /// Of its LPU; empty if it has none.
  std::string chip() const;
};

/// True for a file that begins as a JSON object does.
bool is_document(const std::string& path);
/// Errors: UserError naming the file, the field, what was found and what is wanted.
Document read_document(const std::string& path);

}  // namespace metronome::cli
