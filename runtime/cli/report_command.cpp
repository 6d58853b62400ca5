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
#include "runtime/cli/report_subject.h"
#include "runtime/devices/lpu_device.h"
#include "runtime/generation/generate.h"
#include "runtime/report/page.h"
#include "runtime/tokenizers/refuse.h"
#include "runtime/tokenizers/utf8.h"
#include "waveforms/report_page.h"

namespace metronome::cli {
namespace {

constexpr const char* kOtherMachine = "gpu:h100";  // compared with the page's LPU
constexpr std::string_view kDefaultPrompt = "Once upon a time";

ReportOptions read_options(const Arguments& arguments) {
  ReportOptions options;
  options.output = arguments.require_text("output");
  options.model_path = arguments.operand();
  options.prompt = arguments.text("prompt", kDefaultPrompt);
  options.tokens = arguments.integer("tokens", 16, 1, kMostTokens);
  options.position =
      arguments.integer("position", kLastOfPrompt, 0, std::numeric_limits<std::int32_t>::max());
  options.runs = arguments.integer("runs", 10, 0, kMostRuns);
  options.machines = arguments.text("machines");
  options.quiet = arguments.has("quiet");
  if (options.model_path.empty() || !is_document(options.model_path)) return options;
  options.document = read_document(options.model_path);
  if (options.document.run) {
    for (const char* given : {"prompt", "tokens", "context"}) {
      if (arguments.has(given)) {
        throw UsageError(fmt::format("--{}: the run in {} says it", given,
                                     runtime::printable(options.model_path)));
      }
    }
    options.model_path = options.document.run->model_file;
    options.tokens = static_cast<std::int64_t>(options.document.run->generated_ids.size());
  } else {
    for (const char* given : {"prompt", "context", "machines", "runs"}) {
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

bool is_lpu(const MachineChoice& choice) { return choice.kind == MachineChoice::Kind::kLpu; }

/// Without --machines, the LPU of the page and a GPU. Errors: UsageError for another LPU than the
/// page's: its numbers would stand beside a schedule that is not theirs.
std::optional<CompareOptions> comparison_options(const ReportOptions& options,
                                                 const Reported& reported) {
  CompareOptions compare;
  if (options.machines.empty()) {
    MachineChoice lpu;
    lpu.kind = MachineChoice::Kind::kLpu;
    lpu.chip = reported.image->chip;
    compare.choices.push_back(lpu);
    read_machines(compare, kOtherMachine);
  } else {
    read_machines(compare, options.machines);
  }
  for (const MachineChoice& choice : compare.choices) {
    if (!is_lpu(choice) || *choice.chip == reported.image->chip) continue;
    throw UsageError(fmt::format("--machines: found {}, the page shows lpu:{}; --chip chooses it",
                                 runtime::printable(full_name(choice)),
                                 runtime::printable(reported.image->chip.name)));
  }
  if (options.runs == 0 || !reported.subject.model) return std::nullopt;
  compare.context = reported.image->info.context;
  compare.settings.prompt = reported.prompt_ids;
  compare.prompt = reported.subject.tokenizer->decode(reported.prompt_ids);
  compare.settings.tokens = 1;
  compare.settings.runs = options.runs;
  compare.gpu.process_seed = compare.settings.seed;
  return compare;
}

/// What the chip did: the whole text, and one token in every detail.
struct Recording {
  runtime::Generation generation;
  waveforms::ScheduleRecord record;
  report::RecordedToken token;
  const lpu::Program* program = nullptr;
};

/// Before anything runs: whether the position asked for can be fed at all. `planned`: positions
/// that the prompt and --tokens make.
void require_position(std::int64_t wanted, std::int64_t planned, std::int64_t context) {
  if (wanted >= context) {
    throw UserError(fmt::format("--position: found {}, the context has positions 0 to {}", wanted,
                                context - 1));
  }
  if (wanted >= planned) {
    throw UserError(
        fmt::format("--position: found {}, the run feeds positions 0 to {}; --tokens "
                    "makes it longer",
                    wanted, planned - 1));
  }
}

void record_run(Recording& recording, runtime::LpuDevice& device, const Reported& reported,
                const ReportOptions& options, Progress& progress) {
  const auto last = static_cast<std::int64_t>(reported.prompt_ids.size()) - 1;
  const std::int64_t wanted = options.position == kLastOfPrompt ? last : options.position;
  require_position(wanted, last + options.tokens, device.context());
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
          recording.token.text =
              runtime::valid_utf8(reported.subject.tokenizer->decode_after(previous, id));
        }
        previous = id;
        progress.show(fmt::format("recording position {}", device.position()));
      });
  device.chip().observe(nullptr);
  progress.clear();
  const auto fed = static_cast<std::int64_t>(recording.generation.fed.size());
  if (wanted >= fed) {
    throw UserError(fmt::format("--position: found {}, the model ended its text at position {}",
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
      "another model file or chip of this name was meant",
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
    input.prompt = runtime::valid_utf8(reported.subject.tokenizer->decode(reported.prompt_ids));
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
  Reported reported = prepare_report(options, arguments, progress);
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
  input.text = runtime::valid_utf8(reported.subject.tokenizer->decode(recording.generation.ids));
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
          {"precision", "P",
           "of the computation: fp16 (by default), int8 or w8a16, see docs/precision.md"},
          {"scheduler", "NAME",
           "in-order (by default), critical-first or one-by-one; `metronome score` compares them"},
          {"context", "N", "compile for N positions instead of as many as the model allows"},
          {"machines", "LIST",
           "machines compared, as for `metronome compare`; the LPU of the page and gpu:h100 unless "
           "said otherwise"},
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
