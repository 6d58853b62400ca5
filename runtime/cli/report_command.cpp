// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>
#include <optional>

#include "runtime/cli/arguments.h"
#include "runtime/cli/compare_run.h"
#include "runtime/cli/image_facts.h"
#include "runtime/cli/interrupt.h"
#include "runtime/cli/numbers.h"
#include "runtime/cli/output_file.h"
#include "runtime/cli/run_document.h"
#include "runtime/devices/lpu_device.h"
#include "runtime/generation/generate.h"
#include "runtime/report/page.h"
#include "runtime/tokenizers/refuse.h"
#include "waveforms/report_page.h"

namespace metronome::cli {
namespace {

constexpr std::int64_t kMostTokens = 1'000'000;
constexpr std::int64_t kMostRuns = 10'000;
constexpr std::int64_t kLastOfPrompt = -1;
constexpr std::string_view kDefaultMachines = "lpu:groq1,gpu:h100";
constexpr std::string_view kDefaultPrompt = "Once upon a time";

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

ReportOptions read_options(const Arguments& arguments) {
  ReportOptions options;
  options.output = arguments.require_text("output");
  options.model_path = arguments.operand();
  options.prompt = arguments.text("prompt", kDefaultPrompt);
  options.tokens = arguments.integer("tokens", 16, 1, kMostTokens);
  options.position =
      arguments.integer("position", kLastOfPrompt, 0, std::numeric_limits<std::int32_t>::max());
  options.runs = arguments.integer("runs", 10, 0, kMostRuns);
  options.machines = arguments.text("machines", kDefaultMachines);
  options.quiet = arguments.has("quiet");
  if (options.model_path.empty() || !is_document(options.model_path)) return options;
  options.document = read_document(options.model_path);
  if (options.document.run) {
    for (const char* given : {"prompt", "tokens", "context", "chip"}) {
      if (arguments.has(given)) {
        throw UsageError(fmt::format("--{}: the run in {} says it", given,
                                     runtime::printable(options.model_path)));
      }
    }
    options.model_path = options.document.run->model_file;
    options.tokens = static_cast<std::int64_t>(options.document.run->generated_ids.size());
  } else {
    for (const char* given : {"prompt", "machines", "runs"}) {
      if (arguments.has(given)) {
        throw UsageError(fmt::format("--{}: the comparison in {} says it", given,
                                     runtime::printable(options.model_path)));
      }
    }
    options.model_path = options.document.comparison->model_file;
    options.prompt = options.document.comparison->prompt;
    options.runs = 0;
  }
  return options;
}

void require_tokenizer(const Subject& subject) {
  if (subject.tokenizer) return;
  runtime::refuse(subject.path, "tokenizer", "none found, name one with --tokenizer FILE");
}

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

Reported prepare_image(const std::string& path, const ReportOptions& options,
                       const Arguments& arguments) {
  if (arguments.has("machines") || arguments.has("runs")) {
    throw UsageError(
        "--machines and --runs: an image holds one machine's program; machines are "
        "compared by the model file");
  }
  Reported reported;
  reported.subject = image_subject(path, arguments);
  reported.image = std::make_unique<lpu::Image>(std::move(*reported.subject.image));
  reported.subject.image.reset();
  for (const lpu::Program& program : reported.image->programs) {
    stop_if_interrupted();
    if (auto conflict = compiler::check_schedule(*reported.image, program)) {
      reported.rejected = Rejected{&program, std::move(*conflict)};
      return reported;
    }
  }
  require_tokenizer(reported.subject);
  reported.prompt_ids = runtime::prompt_ids(*reported.subject.tokenizer, options.prompt,
                                            reported.image->info.context);
  return reported;
}

Reported prepare(const ReportOptions& options, const Arguments& arguments, Progress& progress) {
  const std::string path = options.model_path.empty() ? shipped_model() : options.model_path;
  refuse_same_file(path, options.output);
  if (is_image(path)) return prepare_image(path, options, arguments);
  Reported reported;
  reported.subject = load_subject(path, arguments, options.quiet);
  Subject& subject = reported.subject;
  subject.model_file = options.model_path;
  require_tokenizer(subject);
  const std::int64_t most = subject.model->config.context;
  std::int64_t context = model_context(subject, context_option(arguments));
  if (const auto& run = options.document.run) {
    subject.chip = chip_of(run->chip);
    if (run->context < 1 || run->context > most) {
      runtime::refuse(run->path, "context",
                      fmt::format("found {}, the model allows 1 to {}", run->context, most));
    }
    context = run->context;
    reported.prompt_ids = run->prompt_ids;
    reported.sampling = run->sampling;
  } else {
    reported.prompt_ids = runtime::prompt_ids(*subject.tokenizer, options.prompt, context);
  }
  compile_subject(subject, context, progress);
  reported.image = std::make_unique<lpu::Image>(std::move(*subject.image));
  subject.image.reset();
  return reported;
}

std::optional<CompareOptions> comparison_options(const ReportOptions& options,
                                                 const Reported& reported) {
  if (options.runs == 0 || !reported.subject.model) return std::nullopt;
  CompareOptions compare;
  compare.prompt = options.document.run ? reported.subject.tokenizer->decode(reported.prompt_ids)
                                        : options.prompt;
  compare.context = reported.image->info.context;
  compare.settings.tokens = 1;
  compare.settings.runs = options.runs;
  compare.gpu.process_seed = compare.settings.seed;
  read_machines(compare, options.machines);
  return compare;
}

/// What the chip did: the whole text, and one token in every detail.
struct Recording {
  runtime::Generation generation;
  waveforms::ScheduleRecord record;
  report::RecordedToken token;
  const lpu::Program* program = nullptr;
};

void record_run(Recording& recording, runtime::LpuDevice& device, const Reported& reported,
                const ReportOptions& options, Progress& progress) {
  const auto last = static_cast<std::int64_t>(reported.prompt_ids.size()) - 1;
  const std::int64_t wanted = options.position == kLastOfPrompt ? last : options.position;
  runtime::Sampler sampler(reported.sampling);
  std::int32_t previous = -1;
  recording.generation = runtime::generate(
      device, *reported.subject.tokenizer, reported.prompt_ids, options.tokens, sampler,
      [&](std::int32_t id) {
        stop_if_interrupted();
        const bool recorded = device.position() == wanted && device.position() < device.context();
        device.chip().observe(recorded ? &recording.record : nullptr);
        if (recorded) {
          recording.program = &device.program_for(wanted);
          recording.token.position = wanted;
          recording.token.text = reported.subject.tokenizer->decode_after(previous, id);
        }
        previous = id;
        progress.show(fmt::format("recording position {}", device.position()));
      });
  device.chip().observe(nullptr);
  progress.clear();
  const auto fed = static_cast<std::int64_t>(recording.generation.fed.size());
  if (wanted >= fed) {
    throw UserError(
        fmt::format("--position: found {}, the run feeds positions 0 to {}; --tokens "
                    "makes it longer",
                    wanted, fed - 1));
  }
  recording.token.simulated_cycles =
      recording.generation.fed[static_cast<std::size_t>(wanted)].simulated_cycles;
  recording.record.sort();
}

/// The run was told in a document: it must have come out the same.
void require_same_run(const RunDocument& told, const runtime::Generation& found) {
  std::vector<std::int64_t> cycles;
  cycles.reserve(found.fed.size());
  for (const runtime::FedToken& token : found.fed) cycles.push_back(token.simulated_cycles);
  if (found.ids == told.generated_ids && cycles == told.cycles) return;
  throw InvariantError(fmt::format(
      "{}: {} of the run made now differ from those in the file: another version wrote it, or "
      "another model file was meant",
      told.path, found.ids == told.generated_ids ? "cycles" : "tokens"));
}

std::string comparison_text(std::optional<CompareRun>& comparison, const ReportOptions& options) {
  if (options.document.comparison) return options.document.comparison->json;
  if (!comparison) return "";
  const CompareResult result = comparison->run();
  const std::string broken = broken_promise(result);
  if (!broken.empty()) throw InvariantError(broken);
  return compare_json(result);
}

report::ReportInput input_of(const Reported& reported, const lpu::Program& program) {
  report::ReportInput input{METRONOME_VERSION, "", "", 0, *reported.image, program};
  if (!reported.rejected) {
    input.prompt = reported.subject.tokenizer->decode(reported.prompt_ids);
  }
  return input;
}

void write_page(OutputFile& file, const report::ReportInput& input, const ReportOptions& options) {
  const report::ReportData data = report::report_data(input);
  const std::string page = report::filled_page(waveforms::report_page(), data);
  file.write(page);
  file.commit();
  if (options.output == "-" || options.quiet) return;
  const std::string what =
      input.conflict
          ? fmt::format("{}, which the judge rejects,", input.program.name)
          : fmt::format("position {} of {}{}", input.token.position, counted(input.tokens, "token"),
                        input.comparison_json.empty() ? "" : ", compared,");
  put(fmt::format("{}: {}, {}, {} with {}\n", options.output,
                  bytes_text(static_cast<std::int64_t>(page.size())), data.title, what,
                  counted(issue_count(input.program), "instruction")));
}

int run(const Arguments& arguments) {
  const ReportOptions options = read_options(arguments);
  OutputFile file(options.output);
  Progress progress(options.quiet);
  Reported reported = prepare(options, arguments, progress);
  if (reported.rejected) {
    report::ReportInput input = input_of(reported, *reported.rejected->program);
    input.conflict = reported.rejected->conflict;
    write_page(file, input, options);
    return kOk;
  }
  const auto compare = comparison_options(options, reported);
  // Every machine is made before the first one runs, as SystemC wants it.
  std::optional<CompareRun> comparison;
  if (compare) comparison.emplace(reported.subject, *compare, progress);
  runtime::LpuDevice device(*reported.image);
  Recording recording;
  record_run(recording, device, reported, options, progress);
  if (options.document.run) require_same_run(*options.document.run, recording.generation);

  report::ReportInput input = input_of(reported, *recording.program);
  input.text = reported.subject.tokenizer->decode(recording.generation.ids);
  input.tokens = static_cast<std::int64_t>(recording.generation.fed.size());
  input.token = recording.token;
  input.record = &recording.record;
  input.comparison_json = comparison_text(comparison, options);
  write_page(file, input, options);
  return kOk;
}

std::vector<Option> option_rows() {
  return {{"output,o", "FILE.html", "where the page goes; - for standard output"},
          {"prompt", "TEXT", "what the text begins with; \"Once upon a time\" without it"},
          {"tokens", "N", "generate at most N tokens, 16 unless said otherwise"},
          {"position", "P",
           "the position whose token is shown cycle by cycle; the prompt's last unless said "
           "otherwise"},
          {"chip", "CHIP",
           "the LPU's chip: groq1 (the full chip, taken by default), teaching (a small one), or a "
           "chip file"},
          {"precision", "P", "of weights: fp16; int8 is not there yet"},
          {"context", "N", "compile for N positions instead of as many as the model allows"},
          {"machines", "LIST",
           "machines compared, as for `metronome compare`; lpu:groq1,gpu:h100 unless said "
           "otherwise"},
          {"runs", "R",
           "times that each of them runs the prompt's token, 10 unless said otherwise; 0 leaves "
           "the comparison out"},
          {"tokenizer", "FILE",
           "take the tokenizer from here: a llama2.c tokenizer, a tokenizer.json, or a GGUF file"},
          {"quiet,q", "", "no progress, no notes, no closing line"}};
}

}  // namespace

Command report_command() {
  return {
      "report",
      "[MODEL|IMAGE|RUN.json]",
      "one page that shows a run: the contrast, the chip, the schedule, the bounds",
      "Runs MODEL on an LPU, keeps one token of it in every detail, compares it with a GPU, and "
      "writes a single HTML file that any browser opens without a network. The page plays the "
      "chip cycle by cycle, shows the whole schedule down to each instruction, tells of any "
      "stream register what it holds, who wrote it and who reads it, and of any instruction "
      "why it is not earlier. RUN.json, written by `metronome run --json`, is run again and "
      "must come out the same; written by `metronome compare --json`, it is shown beside the "
      "model's run. IMAGE is one that `metronome compile` or `metronome asm` made; if the "
      "judge rejects its schedule, the page shows where and why.",
      "  metronome report -o report.html\n"
      "  metronome report model.gguf --prompt Hello --runs 0 -o hello.html\n"
      "  metronome run --prompt Hello --tokens 8 --json run.json && metronome report run.json "
      "-o run.html",
      option_rows(),
      run};
}

}  // namespace metronome::cli
