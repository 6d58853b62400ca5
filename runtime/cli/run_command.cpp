// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>

#include "runtime/cli/arguments.h"
#include "runtime/cli/interrupt.h"
#include "runtime/cli/machine_option.h"
#include "runtime/cli/output_file.h"
#include "runtime/cli/run_result.h"
#include "runtime/cli/subject.h"
#include "runtime/cli/terminal.h"
#include "runtime/cli/timeline_option.h"
#include "runtime/cli/trace_option.h"
#include "runtime/devices/lpu_device.h"
#include "runtime/devices/reference_device.h"
#include "runtime/tokenizers/refuse.h"
#include "waveforms/gpu_trace.h"
#include "waveforms/lpu_trace.h"
#include "waveforms/timeline/gpu_timeline.h"
#include "waveforms/timeline/lpu_timeline.h"
#include "waveforms/trace_views.h"

namespace metronome::cli {
namespace {

constexpr std::int64_t kMostTokens = 1'000'000;

struct RunOptions {
  std::string prompt;
  runtime::SpecialText special = runtime::SpecialText::kPlain;
  std::int64_t tokens = 0;
  runtime::SamplingOptions sampling;
  MachineChoice machine;
  comparison::GpuOptions gpu;
  std::uint64_t machine_seed = 0;
  std::string json_path;
  std::optional<TraceRequest> trace;
  std::optional<TimelineRequest> timeline;
  bool quiet = false;  // nothing but the text
  bool shows_text = true;

  bool on(MachineChoice::Kind kind) const { return machine.kind == kind; }
};

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
  options.timeline =
      timeline_request(arguments, options.machine, options.trace ? options.trace->path : "");
  options.quiet = arguments.has("quiet");
  options.shows_text = options.json_path != "-";
  return options;
}

/// Shows each token's text as it comes, in whole characters.
class TextStream {
 public:
  TextStream(const runtime::Tokenizer& tokenizer, bool shown)
      : tokenizer_(tokenizer), shown_(shown) {}
  TextStream(const TextStream&) = delete;
  TextStream& operator=(const TextStream&) = delete;
  /// What stopped the run is told on a line of its own.
  ~TextStream() {
    if (open_) std::fputc('\n', stdout);
  }

  void add(std::int32_t id) {
    if (shown_) {
      open_ = true;
      put(shown_text(streamer_.push(tokenizer_.decode_after(previous_, id))));
    }
    previous_ = id;
  }
  void finish() {
    if (shown_) put(shown_text(streamer_.finish()) + "\n");
    open_ = false;
  }

 private:
  const runtime::Tokenizer& tokenizer_;
  bool shown_;
  bool open_ = false;  // a line is begun
  runtime::Utf8Streamer streamer_;
  std::int32_t previous_ = -1;
};

RunResult run_on(runtime::Device& device, const Subject& subject, const RunOptions& options,
                 Progress& progress, const std::function<void()>& before_token) {
  RunResult result;
  result.device = device.name();
  result.sampling = options.sampling;
  result.prompt_ids =
      runtime::prompt_ids(*subject.tokenizer, options.prompt, device.context(), options.special);
  runtime::Sampler sampler(options.sampling);
  TextStream text(*subject.tokenizer, options.shows_text);
  std::int64_t count = 0;
  result.generation = runtime::generate(
      device, *subject.tokenizer, result.prompt_ids, options.tokens, sampler, [&](std::int32_t id) {
        stop_if_interrupted();
        before_token();
        text.add(id);
        if (!options.shows_text) progress.show(fmt::format("running: token {}", ++count));
      });
  progress.clear();
  text.finish();
  result.instructions_issued = device.instructions_issued();
  result.macs = device.macs();
  result.counters = device.counters();
  return result;
}

/// What broke the run off is worse than a missing set-up.
template <typename Trace>
void leave_views(const Trace& trace) {
  try {
    waveforms::write_views(trace.summary());
  } catch (const UserError&) {
  }
}

/// Runs, and writes the viewers' set-ups beside the trace, if there is one: also of a run that
/// breaks off, up to there.
template <typename Trace>
RunResult recorded(std::optional<Trace>& trace, bool quiet, const std::function<RunResult()>& run) {
  if (!trace) return run();
  try {
    RunResult result = run();
    const waveforms::ViewFiles views = waveforms::write_views(trace->summary());
    result.trace = to_text(trace->summary());
    result.trace_viewer = viewer_command(trace->summary().path, views.gtkwave);
    return result;
  } catch (...) {
    trace->break_off();
    const waveforms::TraceFacts& facts = trace->summary();
    if (facts.end_cycle > facts.first_cycle && std::filesystem::exists(facts.path)) {
      leave_views(*trace);
      if (!quiet) note("the trace holds the run up to where it broke off: " + to_text(facts));
    }
    throw;
  }
}

template <typename Timeline>
void finish(Timeline& timeline, std::int64_t now, const RunOptions& options, RunResult& result) {
  timeline.finish(now);
  if (!options.quiet) note_large_timeline(timeline.summary());
  result.timeline = to_text(timeline.summary());
}

RunResult run_gpu(const Subject& subject, const Arguments& arguments, const RunOptions& options,
                  Progress& progress) {
  GpuRun run;
  run.spec = options.machine.gpu;
  run.options = options.gpu;
  run.seed = options.machine_seed;
  progress.show("building gpu:" + run.spec.name);
  CountingGpu device(*subject.model, run, model_context(subject, context_option(arguments)));
  gpu::Gpu& machine = device.gpu();
  std::optional<waveforms::GpuTrace> trace;
  std::optional<waveforms::GpuTimeline> timeline;
  Watchers watchers([&machine](hw::Observer* observer) { machine.observe(observer); });
  if (options.trace) {
    trace.emplace(options.trace->path, machine.spec().name, machine.spec().clock_hz, machine.now(),
                  options.trace->options);
    watchers.add(*trace, [&](auto first, auto) { return trace->needs(first); });
  }
  if (options.timeline) {
    timeline.emplace(options.timeline->path, run.spec, options.timeline->options);
    watchers.add(*timeline, [&](auto first, auto last) { return timeline->needs(first, last); });
  }
  const auto watch_next = [&] {
    // Nobody knows how long a token will take, so only the window's end is a reason to stop.
    watchers.before(machine.now(), std::numeric_limits<std::int64_t>::max());
    if (!timeline) return;
    timeline->require_matches();
    timeline->token_follows(run.tokens);
  };
  RunResult result = recorded(trace, options.quiet, [&] {
    RunResult found = run_on(device, subject, options, progress, watch_next);
    watchers.stop();
    device.finish();
    if (trace) trace->finish(machine.now());
    if (timeline) finish(*timeline, machine.now(), options, found);
    return found;
  });
  result.gpu = run;
  return result;
}

RunResult run_reference(const Subject& subject, const Arguments& arguments,
                        const RunOptions& options, Progress& progress) {
  const ops::Geometry geometry{subject.chip.lanes(), subject.chip.lanes_per_superlane};
  runtime::ReferenceDevice device(*subject.model, geometry,
                                  model_context(subject, context_option(arguments)));
  return run_on(device, subject, options, progress, [] {});
}

/// Tokens that will be fed unless the model ends its text.
std::int64_t tokens_at_most(const Subject& subject, const RunOptions& options) {
  const std::int64_t context = subject.image->info.context;
  const auto prompt =
      runtime::prompt_ids(*subject.tokenizer, options.prompt, context, options.special);
  return std::min(context, static_cast<std::int64_t>(prompt.size()) + options.tokens - 1);
}

RunResult run_chip(const Subject& subject, const RunOptions& options, Progress& progress) {
  if (!options.trace && !options.timeline) {
    runtime::LpuDevice device(*subject.image);
    return run_on(device, subject, options, progress, [] {});
  }
  std::optional<waveforms::LpuTrace> trace;
  std::optional<waveforms::LpuTimeline> timeline;
  if (options.trace) {
    const std::int64_t tokens = tokens_at_most(subject, options);
    trace.emplace(options.trace->path, subject.chip, options.trace->options);
    if (!options.quiet) note_large_trace(*subject.image, *options.trace, tokens);
  }
  if (options.timeline) {
    timeline.emplace(options.timeline->path, subject.chip, options.timeline->options);
  }
  runtime::LpuDevice device(*subject.image);
  Watchers watchers([&device](hw::Observer* observer) { device.chip().observe(observer); });
  if (trace) watchers.add(*trace, [&](auto a, auto b) { return trace->needs(a, b); });
  if (timeline) watchers.add(*timeline, [&](auto a, auto b) { return timeline->needs(a, b); });
  const auto watch_next = [&] {
    const std::int64_t now = device.chip().now();
    if (device.position() == device.context()) return;
    if (timeline) timeline->token_follows(device.position());
    watchers.before(now, now + device.program_for(device.position()).predicted_cycles);
    if (timeline) timeline->require_matches();
  };
  return recorded(trace, options.quiet, [&] {
    RunResult result = run_on(device, subject, options, progress, watch_next);
    watchers.stop();
    if (trace) trace->finish(device.chip().now());
    if (timeline) finish(*timeline, device.chip().now(), options, result);
    return result;
  });
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

RunResult run_machine(const Subject& subject, const Arguments& arguments, const RunOptions& options,
                      Progress& progress) {
  switch (options.machine.kind) {
    case MachineChoice::Kind::kLpu:
      return run_chip(subject, options, progress);
    case MachineChoice::Kind::kGpu:
      return run_gpu(subject, arguments, options, progress);
    case MachineChoice::Kind::kReference:
      return run_reference(subject, arguments, options, progress);
  }
  return {};
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
  if (options.trace) refuse_same_file(path, options.trace->path);
  if (options.timeline) refuse_same_file(path, options.timeline->path);
  std::optional<OutputFile> json;
  if (!options.json_path.empty()) {
    refuse_same_file(path, options.json_path);
    json.emplace(options.json_path);
  }
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
      {"precision", "P", "of weights: fp16; int8 is not there yet"},
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
      ".bin (with --tokenizer), or an image made by `metronome compile`; without it, the small "
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
