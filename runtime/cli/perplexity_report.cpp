// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <boost/json.hpp>
#include <cmath>

#include "runtime/cli/json_document.h"
#include "runtime/cli/numbers.h"
#include "runtime/cli/perplexity_result.h"

namespace metronome::cli {
namespace {

namespace json = boost::json;

constexpr const char* kSchema = "metronome.perplexity/1";

std::string greedy_text(const PrecisionResult& row, std::size_t tokens) {
  if (!row.first_difference) {
    return fmt::format("{} as fp32", counted(static_cast<std::int64_t>(tokens), "token"));
  }
  return fmt::format("other at token {}", *row.first_difference + 1);
}

std::string fidelity_table(const PerplexityResult& result) {
  std::vector<std::vector<std::string>> rows;
  const double baseline = result.precisions.front().fidelity.perplexity();
  for (const PrecisionResult& row : result.precisions) {
    const runtime::Fidelity& f = row.fidelity;
    const bool first = rows.empty();
    rows.push_back({row.name, fmt::format("{:#.6g}", f.perplexity()),
                    first ? "" : fmt::format("{:+.3f} %", (f.perplexity() / baseline - 1) * 100),
                    first ? "" : fmt::format("{:.2f} %", f.agreement() * 100),
                    first ? "" : greedy_text(row, result.greedy_ids.size()),
                    first ? "" : fmt::format("{:.3g}", f.largest_difference),
                    fmt::format("{:.3g}", f.seconds / static_cast<double>(f.predictions) * 1e3)});
  }
  return table({"precision", ">perplexity", ">against fp32", ">same choice", ">greedy run",
                ">logit off by at most", ">host ms/token"},
               rows, 0);
}

std::string loss_table(const PerplexityResult& result) {
  std::vector<std::vector<std::string>> rows;
  std::string last;  // the weights shown
  for (const PrecisionResult& precision : result.precisions) {
    if (precision.weights == last) continue;
    last = precision.weights;
    for (const ops::WeightLoss& loss : precision.losses) {
      rows.push_back(
          {last, loss.part, grouped(loss.values), fmt::format("{:.3f} %", loss.relative * 100),
           fmt::format("{:.3f} %", loss.worst_relative * 100),
           fmt::format("{:.3g}", loss.largest_error), fmt::format("{:.3g}", loss.largest_weight)});
    }
  }
  return table({"weights", "part", ">values", ">rms error", ">in the worst row", ">largest error",
                ">largest weight"},
               rows, 0);
}

json::array losses_json(const std::vector<ops::WeightLoss>& losses) {
  json::array all;
  for (const ops::WeightLoss& loss : losses) {
    all.push_back(json::object{{"part", loss.part},
                               {"values", loss.values},
                               {"relative_rms_error", loss.relative},
                               {"worst_row_relative_rms_error", loss.worst_relative},
                               {"worst_row_tensor", loss.worst_matrix},
                               {"worst_row", loss.worst_row},
                               {"largest_error", loss.largest_error},
                               {"largest_weight", loss.largest_weight}});
  }
  return all;
}

/// JSON has no word for what is not finite.
json::value number(double value) { return std::isfinite(value) ? json::value(value) : nullptr; }

json::object precision_json(const PrecisionResult& row) {
  const runtime::Fidelity& f = row.fidelity;
  return {{"name", row.name},
          {"weights", row.weights.empty() ? json::value(nullptr) : json::value(row.weights)},
          {"perplexity", number(f.perplexity())},
          {"nats_per_token", number(f.nats / static_cast<double>(f.predictions))},
          {"greedy_agreement", f.agreement()},
          {"first_greedy_difference",
           row.first_difference ? json::value(*row.first_difference) : nullptr},
          {"largest_logit_difference", number(f.largest_difference)},
          {"host_seconds", f.seconds},
          {"weight_losses", losses_json(row.losses)}};
}

}  // namespace

std::string perplexity_report(const PerplexityResult& result) {
  const std::int64_t predictions = result.precisions.front().fidelity.predictions;
  return labelled("model", result.model_file.empty() ? result.model : result.model_file) +
         labelled("text", fmt::format("{}, {} in {} of at most {}", result.text_file,
                                      counted(predictions, "token") + " predicted",
                                      counted(result.windows, "window"),
                                      counted(result.context, "position"))) +
         labelled("greedy", fmt::format("{} after the text's first {}",
                                        counted(std::ssize(result.greedy_ids), "token"),
                                        std::ssize(result.greedy_prompt))) +
         "\n" + fidelity_table(result) + "\nWeights against the file's values:\n" +
         loss_table(result);
}

std::string perplexity_json(const PerplexityResult& result) {
  json::object all;
  all["schema"] = kSchema;
  all["model"] = result.model;
  all["model_file"] = result.model_file;
  all["text_file"] = result.text_file;
  all["paragraphs"] = result.paragraphs;
  all["context"] = result.context;
  all["windows"] = result.windows;
  all["predictions"] = result.precisions.front().fidelity.predictions;
  all["greedy_prompt_ids"] = json::value_from(result.greedy_prompt);
  all["greedy_ids"] = json::value_from(result.greedy_ids);
  json::array rows;
  for (const PrecisionResult& row : result.precisions) rows.push_back(precision_json(row));
  all["precisions"] = std::move(rows);
  return document_text(all);
}

}  // namespace metronome::cli
