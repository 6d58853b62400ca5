// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <systemc>

#include "runtime/cli/arguments.h"
#include "runtime/cli/compare_result.h"
#include "runtime/cli/interrupt.h"
#include "runtime/cli/numbers.h"
#include "runtime/cli/output_file.h"
#include "runtime/cli/subject.h"
#include "runtime/cli/terminal.h"
#include "runtime/comparison/lpu_machine.h"
#include "runtime/generation/generate.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::cli {
namespace {

using comparison::Machine;
using HostClock = std::chrono::steady_clock;

constexpr std::int64_t kMostTokens = 1'000'000;
constexpr std::int64_t kMostRuns = 10'000;
constexpr std::string_view kDefaultMachines = "lpu:groq1,gpu:h100";

struct CompareOptions {
  std::vector<std::string> names;  // as written
  std::vector<MachineChoice> choices;
  comparison::Settings settings;
  comparison::GpuOptions gpu;
  std::string prompt;
  runtime::SpecialText special = runtime::SpecialText::kPlain;
  std::string json_path;
  bool quiet = false;
};

std::string full_name(const MachineChoice& choice) {
  return choice.kind == MachineChoice::Kind::kGpu ? "gpu:" + choice.gpu.name
                                                  : "lpu:" + choice.chip->name;
}

void add_machine(CompareOptions& options, const std::string& text) {
  MachineChoice choice = machine_of("machines", text);
  if (choice.kind == MachineChoice::Kind::kReference) {
    throw UsageError("--machines: reference has no clock, so there is nothing to compare");
  }
  if (choice.kind == MachineChoice::Kind::kLpu && !choice.chip) choice.chip = lpu::groq1();
  for (const MachineChoice& other : options.choices) {
    if (full_name(other) != full_name(choice)) continue;
    throw UsageError(
        fmt::format("--machines: {} stands there twice", runtime::printable(full_name(choice))));
  }
  options.names.push_back(text);
  options.choices.push_back(std::move(choice));
}

void read_machines(CompareOptions& options, std::string text) {
  for (std::size_t comma = 0; comma != std::string::npos;) {
    comma = text.find(',');
    add_machine(options, text.substr(0, comma));
    if (comma != std::string::npos) text.erase(0, comma + 1);
  }
}

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
  options.json_path = arguments.text("json");
  if (arguments.has("json") && options.json_path.empty()) throw UsageError("--json: no file named");
  options.quiet = arguments.has("quiet");
  return options;
}

/// Machines of one kind may stand side by side: each gets a SystemC hierarchy of its own.
class Place : public sc_core::sc_module {
 public:
  Place(const sc_core::sc_module_name& name, const std::function<void()>& build)
      : sc_core::sc_module(name) {
    build();
  }
};

/// All machines, made before the first of them runs, as SystemC wants it.
struct Hall {
  std::vector<std::unique_ptr<lpu::Image>> images;
  std::vector<std::unique_ptr<Place>> places;
  std::vector<std::unique_ptr<Machine>> machines;
};

Hall build_machines(Subject& subject, const CompareOptions& options, std::int64_t context,
                    const Arguments& arguments, Progress& progress) {
  Hall hall;
  for (const MachineChoice& choice : options.choices) {
    const bool is_gpu = choice.kind == MachineChoice::Kind::kGpu;
    if (!is_gpu) {
      subject.chip = *choice.chip;
      compile_subject(subject, arguments, progress);
      hall.images.push_back(std::make_unique<lpu::Image>(std::move(*subject.image)));
      subject.image.reset();
    }
    stop_if_interrupted();
    progress.show("building " + full_name(choice));
    hall.places.push_back(
        std::make_unique<Place>(fmt::format("machine_{}", hall.places.size()).c_str(), [&] {
          if (is_gpu) {
            hall.machines.push_back(std::make_unique<comparison::GpuMachine>(
                *subject.model, choice.gpu, options.gpu, context));
          } else {
            hall.machines.push_back(std::make_unique<comparison::LpuMachine>(*hall.images.back()));
          }
        }));
  }
  progress.clear();
  return hall;
}

std::string duration_text(double seconds) {
  const std::int64_t whole = std::llround(seconds);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

/// Shows where a comparison stands. Time left is that of the machine that runs, from the host time
/// that its own tokens took so far; what other machines will take is not known before they run.
class CompareProgress {
 public:
  explicit CompareProgress(Progress& progress) : progress_(progress) {}

  void on_token(const Machine& machine, std::int64_t done, std::int64_t all) {
    stop_if_interrupted();
    if (done == 0) start_ = HostClock::now();
    std::string text =
        fmt::format("{}: {} of {}", machine.name(), grouped(done), counted(all, "token"));
    constexpr std::int64_t kEnoughTokens = 3;
    if (done >= kEnoughTokens) {
      const double spent = std::chrono::duration<double>(HostClock::now() - start_).count();
      const double left = spent / static_cast<double>(done) * static_cast<double>(all - done);
      text += fmt::format(", about {} left for it", duration_text(left));
    }
    progress_.show(text);
  }

 private:
  Progress& progress_;
  HostClock::time_point start_;
};

/// Errors: UserError if the tokens asked for do not fit.
void require_context(const CompareOptions& options, std::int64_t context) {
  const auto prompt = static_cast<std::int64_t>(options.settings.prompt.size());
  const std::int64_t most = context - prompt + 1;
  if (options.settings.tokens <= most) return;
  throw UserError(fmt::format(
      "--tokens: found {}, at most {}: the prompt has {} and the context {}",
      options.settings.tokens, most, counted(prompt, "token"), counted(context, "position")));
}

Subject load(const std::string& path, const Arguments& arguments, const CompareOptions& options) {
  if (is_image(path)) {
    runtime::refuse(path, "format",
                    "an image holds one machine's program; compare takes the model file");
  }
  Subject subject = load_subject(path, arguments, options.quiet);
  if (!subject.tokenizer) {
    runtime::refuse(path, "tokenizer", "none found, name one with --tokenizer FILE");
  }
  return subject;
}

int run(const Arguments& arguments) {
  CompareOptions options = read_options(arguments);
  const std::string path = arguments.operand().empty() ? shipped_model() : arguments.operand();
  std::optional<OutputFile> json;
  if (!options.json_path.empty()) {
    refuse_same_file(path, options.json_path);
    json.emplace(options.json_path);
  }
  Subject subject = load(path, arguments, options);
  const runtime::Tokenizer& tokenizer = *subject.tokenizer;
  const std::int64_t most = subject.model->config.context;
  const std::int64_t asked = context_option(arguments);
  if (asked > most) {
    runtime::refuse(path, "context",
                    fmt::format("found {}, the model allows 1 to {}", asked, most));
  }
  const std::int64_t context = asked == 0 ? most : asked;
  options.settings.prompt =
      runtime::prompt_ids(tokenizer, options.prompt, context, options.special);
  require_context(options, context);
  Progress progress(options.quiet);
  const Hall hall = build_machines(subject, options, context, arguments, progress);

  CompareResult result;
  result.model = subject.name;
  result.prompt = options.prompt;
  result.choices = options.choices;
  result.gpu = options.gpu;
  CompareProgress shown(progress);
  result.found = comparison::compare(
      hall.machines, options.settings,
      [&](std::int32_t id) { return tokenizer.is_end(id) || id == tokenizer.bos_id(); },
      [&](const Machine& m, std::int64_t done, std::int64_t all) { shown.on_token(m, done, all); });
  progress.clear();
  result.generated = tokenizer.decode(result.found.generated);
  if (options.json_path != "-") put(compare_report(result));
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
