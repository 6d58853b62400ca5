// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <optional>

#include "runtime/cli/arguments.h"
#include "runtime/cli/compare_run.h"
#include "runtime/cli/named_files.h"
#include "runtime/cli/output_file.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::cli {
namespace {

constexpr std::string_view kDefaultMachines = "lpu:groq1,gpu:h100";

CompareOptions read_options(const Arguments& arguments) {
  CompareOptions options;
  options.prompt = arguments.text("prompt");
  if (arguments.has("special")) options.special = runtime::SpecialText::kParsed;
  options.settings.tokens = arguments.integer("tokens", 16, 1, kMostTokens);
  options.settings.runs = arguments.integer("runs", 10, 1, kMostRuns);
  options.settings.seed = static_cast<std::uint64_t>(
      arguments.integer("seed", 0, 0, std::numeric_limits<std::int64_t>::max() - kMostRuns));
  options.gpu = gpu_options(arguments);
  if (!arguments.has("new-process")) options.gpu.process_seed = options.settings.seed;
  read_machines(options, arguments.text("machines", kDefaultMachines));
  options.context = context_option(arguments);
  return options;
}

Subject load(const std::string& path, const Arguments& arguments, bool quiet) {
  if (is_image(path)) {
    runtime::refuse(path, "format",
                    "an image holds one machine's program; compare takes the model file");
  }
  Subject subject = load_subject(path, arguments, quiet);
  if (!subject.tokenizer) {
    runtime::refuse(path, "tokenizer", "none found, name one with --tokenizer FILE");
  }
  return subject;
}

int run(const Arguments& arguments) {
  const CompareOptions options = read_options(arguments);
  const std::string json_path = arguments.text("json");
  if (arguments.has("json") && json_path.empty()) throw UsageError("--json: no file named");
  const bool quiet = arguments.has("quiet");
  const std::string path = arguments.operand().empty() ? shipped_model() : arguments.operand();
  require_separate_files(arguments, path);
  std::optional<OutputFile> json;
  if (!json_path.empty()) json.emplace(json_path);
  Subject subject = load(path, arguments, quiet);
  Progress progress(quiet);
  CompareRun comparison(subject, options, progress);
  const CompareResult result = comparison.run();
  if (json_path != "-") put(compare_report(result, text_style()));
  if (json) {
    json->write(compare_json(result));
    json->commit();
  }
  const std::string broken = broken_promise(result);
  if (broken.empty()) return kOk;
  throw InvariantError(broken);
}

std::vector<Option> option_rows() {
  std::vector<Option> rows = {
      {"prompt", "TEXT", "what the text begins with; without it, the model begins by itself"},
      {"special", "", "take special tokens that are written out in the prompt as tokens"},
      {"tokens", "N", "generate at most N tokens, 16 unless said otherwise"},
      {"machines", "LIST",
       "which, with commas between: lpu:CHIP and gpu:GPU, each a preset or a file; "
       "lpu:groq1,gpu:h100 unless said otherwise. The first chooses the tokens"},
      {"runs", "R", "times that each machine does it, 1 to 10000, 10 unless said otherwise"},
      {"seed", "S", "of the first run, 0 unless said otherwise; the next has S + 1, and so on"}};
  for (const Option& row : gpu_option_rows()) rows.push_back(row);
  const std::vector<Option> rest = {
      {"new-process", "",
       "on a GPU: draw the placement of pages and the SMs that are switched off anew for every "
       "run, as if each were a process of its own on a part of its own"},
      {"context", "N", "prepare for N positions instead of as many as the model allows"},
      {"tokenizer", "FILE",
       "take the tokenizer from here: a llama2.c tokenizer, a tokenizer.json, or a GGUF file"},
      {"json", "FILE",
       "write all numbers as JSON, run by run and token by token; - for standard output, then "
       "without the tables"},
      {"quiet,q", "", "no progress and no notes"}};
  rows.insert(rows.end(), rest.begin(), rest.end());
  return rows;
}

}  // namespace

Command compare_command() {
  return {
      "compare",
      "[MODEL]",
      "the same tokens on LPU and GPU, many times: what varies, how much, and why",
      "Feeds the same tokens to each machine R times, each time from a cold start under a seed "
      "of its own, and shows how much a token, a layer, a kernel and a single access vary from "
      "run to run, what each cause of it adds, and where the time goes. On a GPU a seed sets "
      "what the hardware leaves to chance; an LPU leaves nothing, which its runs show. MODEL is "
      "as for `metronome run`, but for images.",
      "  metronome compare --prompt \"Once upon a time\" --tokens 4 --runs 5 --context 64\n"
      "  metronome compare model.gguf --machines lpu:groq1,gpu:h100,gpu:a100 --json a.json\n"
      "  metronome compare --machines gpu:h100 --launch stream --background 50",
      option_rows(),
      run};
}

}  // namespace metronome::cli
