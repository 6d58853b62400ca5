// SPDX-License-Identifier: Apache-2.0
// A known text through plain fp32 and the precisions side by side: what each of them costs.
#include <fmt/core.h>

#include <algorithm>

#include "runtime/cli/arguments.h"
#include "runtime/cli/interrupt.h"
#include "runtime/cli/named_files.h"
#include "runtime/cli/output_file.h"
#include "runtime/cli/perplexity_result.h"
#include "runtime/cli/subject.h"
#include "runtime/devices/fp32_device.h"
#include "runtime/devices/reference_device.h"
#include "runtime/model_files/load_model.h"
#include "runtime/model_files/mapped_file.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::cli {
namespace {

constexpr std::int64_t kUsualTokens = 1024;
constexpr std::size_t kGreedyPrompt = 8;     // tokens, the start token included
constexpr std::int64_t kGreedyTokens = 200;  // at most

std::vector<ops::Precision> precisions_asked_for(const Arguments& arguments) {
  const std::string name = arguments.text("precision", "all");
  if (name == "all") return {ops::kPrecisions.begin(), ops::kPrecisions.end()};
  if (const auto precision = ops::parse_precision(name)) return {*precision};
  throw UsageError("--precision: found " + runtime::printable(name) + ", expected one of " +
                   ops::precision_names() + ", all");
}

/// A model with its tokenizer.
runtime::LoadedModel load(const std::string& path, const Arguments& arguments) {
  if (is_image(path)) {
    runtime::refuse(path, "format", "is a program image, which has lost the file's own values");
  }
  runtime::LoadedModel loaded = runtime::load(path, tokenizer_option(arguments));
  if (!loaded.tokenizer) {
    runtime::refuse(path, "tokenizer", "none found, name one with --tokenizer FILE");
  }
  if (arguments.has("quiet")) return loaded;
  for (const std::string& text : loaded.model.notes) note(text);
  return loaded;
}

std::int64_t context_of(const graph::Model& model, const Arguments& arguments) {
  const std::int64_t asked = context_option(arguments);
  const std::int64_t most = model.config.context;
  if (asked > most) {
    runtime::refuse(model.source, "context",
                    fmt::format("found {}, the model allows 1 to {}", asked, most));
  }
  return asked == 0 ? most : asked;
}

struct Devices {
  std::vector<std::unique_ptr<runtime::Device>> all;  // plain fp32 first
  std::vector<PrecisionResult> results;               // of each, with what its weights lost
};

/// Without a measurement yet. The losses are those of `last` where the weights are.
PrecisionResult result_of(ops::Precision precision, const graph::Graph& graph,
                          const PrecisionResult& last) {
  PrecisionResult result;
  result.name = ops::to_string(precision);
  result.weights = precision == ops::Precision::kFp16 ? "fp16" : "int8";
  result.losses =
      result.weights == last.weights ? last.losses : ops::weight_losses(graph, precision);
  return result;
}

Devices build(const graph::Model& model, std::int64_t context, const Arguments& arguments,
              Progress& progress) {
  const lpu::ChipSpec chip = chip_of(arguments.text("chip", "groq1"));
  const ops::Geometry geometry{chip.lanes(), chip.lanes_per_superlane};
  const graph::Graph graph = graph::build_decode_graph(model);
  Devices devices;
  progress.show("reading the weights as fp32");
  devices.all.push_back(std::make_unique<runtime::Fp32Device>(model, context));
  devices.results.push_back({"fp32", "", {}, {}, {}});
  for (const ops::Precision precision : precisions_asked_for(arguments)) {
    stop_if_interrupted();
    const std::string name(ops::to_string(precision));
    progress.show("reading the weights as " + name);
    devices.all.push_back(
        std::make_unique<runtime::ReferenceDevice>(model, geometry, context, precision));
    devices.results.push_back(result_of(precision, graph, devices.results.back()));
  }
  return devices;
}

PerplexityResult measure(const runtime::LoadedModel& loaded, const std::string& text_file,
                         const Arguments& arguments, Progress& progress) {
  const runtime::Tokenizer& tokenizer = *loaded.tokenizer;
  PerplexityResult result;
  result.text_file = text_file;
  result.paragraphs = arguments.has("paragraphs");
  result.context = context_of(loaded.model, arguments);
  const runtime::MappedFile text(result.text_file);
  const auto kind = result.paragraphs ? runtime::TextKind::kParagraphs : runtime::TextKind::kWhole;
  const auto windows = runtime::windows_of(tokenizer, text.text(), kind, result.context);
  if (windows.empty()) {
    runtime::refuse(result.text_file, "text", "too short: it has no token to predict");
  }
  result.windows = std::ssize(windows);
  const std::int64_t tokens = arguments.integer("tokens", kUsualTokens, 1, kMostTokens);

  Devices devices = build(loaded.model, result.context, arguments, progress);
  const auto fidelities =
      runtime::measure_fidelity(devices.all, windows, tokens, [&](std::int64_t done) {
        stop_if_interrupted();
        progress.show(fmt::format("predicting: token {}", done + 1));
      });
  const runtime::Window& first = windows.front();
  const auto length =
      std::min({first.size(), kGreedyPrompt, static_cast<std::size_t>(result.context)});
  result.greedy_prompt.assign(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(length));
  progress.show("generating greedily");
  const runtime::GreedyRun greedy =
      runtime::greedy_run(devices.all, tokenizer, result.greedy_prompt, kGreedyTokens);
  progress.clear();
  result.greedy_ids = greedy.ids;
  result.precisions = std::move(devices.results);
  for (std::size_t i = 0; i < result.precisions.size(); ++i) {
    result.precisions[i].fidelity = fidelities[i];
    result.precisions[i].first_difference = greedy.first_differences[i];
  }
  return result;
}

int run(const Arguments& arguments) {
  const std::string path = arguments.operand().empty() ? shipped_model() : arguments.operand();
  if (arguments.has("json") && arguments.text("json").empty()) {
    throw UsageError("--json: no file named");
  }
  const std::string text_file = arguments.require_text("text");
  precisions_asked_for(arguments);
  require_separate_files(arguments, path);
  std::optional<OutputFile> json;
  if (arguments.has("json")) json.emplace(arguments.text("json"));
  Progress progress(arguments.has("quiet"));
  const runtime::LoadedModel loaded = load(path, arguments);
  PerplexityResult result = measure(loaded, text_file, arguments, progress);
  result.model = model_name(path);
  result.model_file = arguments.operand();
  if (arguments.text("json") != "-") put(perplexity_report(result));
  if (json) {
    json->write(perplexity_json(result));
    json->commit();
  }
  return kOk;
}

}  // namespace

Command perplexity_command() {
  return {
      "perplexity",
      "[MODEL]",
      "measure what each precision costs on a known text",
      "Predicts a text token by token in plain fp32, with the file's own weights, and in each "
      "precision side by side, by the reference executor whose results the machines must equal. "
      "Prints for each the perplexity, the share of tokens at which the likeliest token is that of "
      "fp32, where a greedy continuation of the text's beginning first departs from fp32's, the "
      "largest difference of a logit, and what the weights lost, part by part. MODEL is a model "
      "file as `metronome run` takes it; without it, the model that comes with Metronome. "
      "docs/precision.md explains the precisions.",
      "  metronome perplexity --text programs/shipped_model/held_out.txt --paragraphs\n"
      "  metronome perplexity model.gguf --text book.txt --precision int8 --tokens 4000",
      {{"text", "FILE", "the text, which the model should not have been trained on"},
       {"paragraphs", "",
        "each paragraph, ended by an empty line, is a text of its own and begins with the model's "
        "start token; otherwise the text is cut only where the context is full"},
       {"precision", "P",
        "fp16, int8, w8a16 (int8 weights, 16-bit activations) or all of them, as by default"},
       {"context", "N",
        "feed at most N positions before beginning anew, as many as the model "
        "allows unless said otherwise"},
       {"tokens", "N", "predict at most N tokens, 1024 unless said otherwise"},
       {"chip", "CHIP",
        "the chip whose lanes order the sums: groq1 (by default), teaching, or a chip file"},
       {"tokenizer", "FILE",
        "take the tokenizer from here: a llama2.c tokenizer, a "
        "tokenizer.json, or a GGUF file"},
       {"json", "FILE", "write all results as JSON; - for standard output, then without tables"},
       {"quiet,q", "", "no progress and no notes"}},
      run};
}

}  // namespace metronome::cli
