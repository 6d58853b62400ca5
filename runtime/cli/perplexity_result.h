// SPDX-License-Identifier: Apache-2.0
// What `metronome perplexity` found out, and its two forms: tables for people and JSON for
// programs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/ops/weight_loss.h"
#include "runtime/generation/fidelity.h"

namespace metronome::cli {

/// One way of computing: plain fp32, or a precision.
struct PrecisionResult {
  std::string name;     // "fp32", or the word of --precision
  std::string weights;  // the precision of its weights, which two may share; empty for fp32
  std::vector<ops::WeightLoss> losses;  // none for fp32, which keeps the file's values
  runtime::Fidelity fidelity;
  std::optional<std::int64_t> first_difference;  // of the greedy run, counted from 0
};

struct PerplexityResult {
  std::string model;
  std::string model_file;
  std::string text_file;
  bool paragraphs = false;
  std::int64_t context = 0;                 // positions
  std::int64_t windows = 0;                 // the text's
  std::vector<PrecisionResult> precisions;  // fp32 first
  std::vector<std::int32_t> greedy_prompt;
  std::vector<std::int32_t> greedy_ids;
};

std::string perplexity_report(const PerplexityResult& result);
std::string perplexity_json(const PerplexityResult& result);

}  // namespace metronome::cli
