// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <limits>
#include <optional>

#include "runtime/cli/arguments.h"
#include "runtime/cli/named_files.h"
#include "runtime/cli/output_file.h"
#include "runtime/cli/run_machine.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::cli {
namespace {

RunOptions read_options(const Arguments& arguments) {
  RunOptions options;
  options.prompt = arguments.text("prompt");
  if (arguments.has("special")) options.special = runtime::SpecialText::kParsed;
  options.tokens = arguments.integer("tokens", 64, 1, kMostTokens);
  options.sampling.temperature = arguments.real("temperature", 0.0, 0.0, 100.0);
  options.sampling.top_p = arguments.real("top-p", 1.0, 1e-9, 1.0);
  options.sampling.seed = static_cast<std::uint64_t>(
      arguments.integer("seed", 0, 0, std::numeric_limits<std::int64_t>::max()));
  const bool greedy = options.sampling.temperature == 0.0;
  if (greedy && (arguments.has("top-p") || arguments.has("seed"))) {
    throw UsageError("--top-p and --seed: have no effect without --temperature above 0");
  }
  options.machine = machine_option(arguments);
  options.gpu = gpu_options(arguments);
  options.machine_seed = static_cast<std::uint64_t>(
      arguments.integer("machine-seed", 0, 0, std::numeric_limits<std::int64_t>::max()));
  options.json_path = arguments.text("json");
  if (arguments.has("json") && options.json_path.empty()) throw UsageError("--json: no file named");
  options.trace = trace_request(arguments);
  if (options.trace && options.on(MachineChoice::Kind::kReference)) {
    throw UsageError("--trace: the reference has no cycles to show");
  }
  options.timeline = timeline_request(arguments, options.machine);
  options.quiet = arguments.has("quiet");
  options.shows_text = options.json_path != "-";
  return options;
}

/// The chip that --machine names. Errors: UserError for an image of another.
void take_chip(Subject& subject, const RunOptions& options, bool image) {
  if (!options.machine.chip) return;
  if (image && *options.machine.chip != subject.chip) {
    runtime::refuse(subject.path, "chip",
                    fmt::format("the image is for {}, --machine asks for {}", subject.chip.name,
                                options.machine.chip->name));
  }
  subject.chip = *options.machine.chip;
}

Subject prepare(const std::string& path, const Arguments& arguments, const RunOptions& options,
                Progress& progress) {
  const bool image = is_image(path);
  const bool lpu = options.on(MachineChoice::Kind::kLpu);
  if (image && !lpu) {
    runtime::refuse(path, "machine",
                    runtime::printable(arguments.text("machine")) +
                        " runs model files, this is an image for an LPU");
  }
  Subject subject =
      image ? image_subject(path, arguments) : load_subject(path, arguments, options.quiet);
  take_chip(subject, options, image);
  if (!subject.tokenizer) {
    runtime::refuse(path, "tokenizer", "none found, name one with --tokenizer FILE");
  }
  if (!options.quiet && subject.tokenizer->starts_with_bos(options.prompt)) {
    note(options.special == runtime::SpecialText::kPlain
             ? "the prompt begins with the model's start marker, which is taken as plain text"
             : "the prompt begins with the model's start marker, so no second one is added");
  }
  if (!image && lpu) {
    // Too long a prompt is refused before the compiler's seconds, not after.
    const std::int64_t context = context_option(arguments);
    runtime::prompt_ids(*subject.tokenizer, options.prompt,
                        context == 0 ? subject.model->config.context : context, options.special);
    compile_subject(subject, context, progress);
  }
  return subject;
}

int run(const Arguments& arguments) {
  const RunOptions options = read_options(arguments);
  const std::string path = arguments.operand().empty() ? shipped_model() : arguments.operand();
  require_separate_files(arguments, path);
  std::optional<OutputFile> json;
  if (!options.json_path.empty()) json.emplace(options.json_path);
  Progress progress(options.quiet);
  const Subject subject = prepare(path, arguments, options, progress);
  const RunResult result = run_machine(subject, arguments, options, progress);
  if (options.shows_text && !options.quiet) put("\n" + report(subject, result, text_style()));
  if (json) {
    json->write(json_report(subject, result));
    json->commit();
  }
  const std::string mismatch = first_mismatch(subject, result);
  if (mismatch.empty()) return kOk;
  throw InvariantError(mismatch);
}

std::vector<Option> option_rows() {
  std::vector<Option> rows = {
      {"prompt", "TEXT", "what the text begins with; without it, the model begins by itself"},
      {"special", "", "take special tokens that are written out in the prompt as tokens"},
      {"tokens", "N",
       "generate at most N tokens, 64 unless said otherwise; the text ends earlier "
       "where the model ends it or the context is full"},
      {"machine", "M",
       "lpu:CHIP (lpu:groq1 by default); gpu:GPU, such as gpu:h100, gpu:a100 or gpu:teaching; "
       "CHIP and GPU may be files; or reference (plain loops, which the LPU must equal bit for "
       "bit; no cycles)"},
      {"chip", "CHIP",
       "the LPU's chip: groq1 (the full chip, taken by default), teaching (a small one), or a "
       "chip file"},
      {"precision", "P",
       "fp16, int8, or w8a16 (int8 weights, 16-bit activations); docs/precision.md tells what each "
       "costs. A GPU computes in fp16"},
      {"scheduler", "NAME",
       "in-order (by default), critical-first or one-by-one; `metronome score` compares them"},
      {"context", "N", "compile for N positions instead of as many as the model allows"},
      {"temperature", "T", "0 always takes the likeliest token, as by default; above 0 draws"},
      {"top-p", "P", "draw only among the likeliest tokens that together reach P"},
      {"seed", "N", "of the draws: the same seed gives the same text on every machine"},
      {"tokenizer", "FILE",
       "take the tokenizer from here: a llama2.c tokenizer, a "
       "tokenizer.json, or a GGUF file"}};
  for (const Option& row : gpu_option_rows()) rows.push_back(row);
  const std::vector<Option> rest = {
      {"machine-seed", "N",
       "on a GPU: of all that differs from run to run, 0 unless said otherwise"},
      {"trace", "FILE",
       "record a waveform for GTKWave, Surfer or any other viewer: VCD, or FST where FILE ends in "
       ".fst, a tenth of the size. Of an LPU all instructions, and the streams at the edges and "
       "the vector unit; of a GPU one SM, its L1, two slices of the L2 and a DRAM channel"},
      {"trace-window", "A:B", "record only the cycles from A to B, counted over all tokens"},
      {"trace-filter", "PART",
       "record only what has PART in its path, such as mem_w.slice_28, streams.east.s_04 or, on a "
       "GPU, sm_5.l1; may be given more than once",
       true},
      {"trace-limit", "MIB", "stop recording, not the run, when the file has so many MiB"},
      {"json", "FILE", "write all results as JSON; - for standard output, then without the text"},
      {"quiet,q", "", "nothing but the text: no progress, no notes, no table"}};
  rows.insert(rows.end(), rest.begin(), rest.end());
  const std::vector<Option> timeline = timeline_option_rows();
  rows.insert(rows.end() - 2, timeline.begin(), timeline.end());
  return rows;
}

}  // namespace

Command run_command() {
  return {
      "run",
      "[MODEL]",
      "run a model on an emulated machine: prompt in, text and cycles out",
      "Compiles MODEL for a chip, runs it there token by token, and ends with a short table: the "
      "cycles of a token as predicted before the run and as simulated, the speed that this means, "
      "and how much of the chip is used. MODEL is a GGUF file, a Hugging Face folder, a llama2.c "
      ".bin (with --tokenizer), an image made by `metronome compile`, or shape:NAME, a model of a "
      "known shape whose weights nobody trained, such as shape:llama-15m; without it, the small "
      "model that comes with Metronome tells a story. With --machine gpu:h100 the same model runs "
      "on a GPU, and the table tells what its cycles went to.",
      "  metronome run --prompt \"Once upon a time\" --tokens 60\n"
      "  metronome run --prompt Once --tokens 1 --trace once.vcd --trace-window 0:600\n"
      "  metronome run --prompt Once --tokens 4 --machine gpu:h100\n"
      "  metronome run model.gguf --prompt \"Hello\" --temperature 0.8 --top-p 0.9 --seed 7",
      option_rows(),
      run};
}

}  // namespace metronome::cli
