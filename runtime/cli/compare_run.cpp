// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/compare_run.h"

#include <fmt/core.h>

#include <chrono>
#include <cmath>
#include <functional>
#include <systemc>
#include <utility>

#include "runtime/cli/interrupt.h"
#include "runtime/cli/numbers.h"
#include "runtime/comparison/lpu_machine.h"
#include "runtime/generation/generate.h"
#include "runtime/tokenizers/refuse.h"
#include "runtime/tokenizers/utf8.h"

namespace metronome::cli {

using comparison::Machine;
using HostClock = std::chrono::steady_clock;

namespace {

/// Machines of one kind may stand side by side: each gets a SystemC hierarchy of its own.
class Place : public sc_core::sc_module {
 public:
  Place(const sc_core::sc_module_name& name, const std::function<void()>& build)
      : sc_core::sc_module(name) {
    build();
  }
};

}  // namespace

struct Hall {
  std::vector<std::unique_ptr<lpu::Image>> images;
  std::vector<std::unique_ptr<Place>> places;
  std::vector<std::unique_ptr<Machine>> machines;
};

namespace {

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
  options.choices.push_back(std::move(choice));
}

std::unique_ptr<Hall> build_machines(Subject& subject, const CompareOptions& options,
                                     std::int64_t context, Progress& progress) {
  auto hall = std::make_unique<Hall>();
  for (const MachineChoice& choice : options.choices) {
    const bool is_gpu = choice.kind == MachineChoice::Kind::kGpu;
    if (!is_gpu) {
      subject.chip = *choice.chip;
      compile_subject(subject, context, progress);
      hall->images.push_back(std::make_unique<lpu::Image>(std::move(*subject.image)));
      subject.image.reset();
    }
    stop_if_interrupted();
    progress.show("building " + full_name(choice));
    hall->places.push_back(
        std::make_unique<Place>(fmt::format("machine_{}", hall->places.size()).c_str(), [&] {
          if (is_gpu) {
            hall->machines.push_back(std::make_unique<comparison::GpuMachine>(
                *subject.model, choice.gpu, options.gpu, context));
          } else {
            hall->machines.push_back(
                std::make_unique<comparison::LpuMachine>(*hall->images.back()));
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

}  // namespace

std::string full_name(const MachineChoice& choice) {
  return choice.kind == MachineChoice::Kind::kGpu ? "gpu:" + choice.gpu.name
                                                  : "lpu:" + choice.chip->name;
}

void read_machines(CompareOptions& options, std::string text) {
  for (std::size_t comma = 0; comma != std::string::npos;) {
    comma = text.find(',');
    add_machine(options, text.substr(0, comma));
    if (comma != std::string::npos) text.erase(0, comma + 1);
  }
}

CompareRun::CompareRun(Subject& subject, CompareOptions options, Progress& progress)
    : subject_(subject),
      options_(std::move(options)),
      context_(model_context(subject, options_.context)),
      progress_(progress) {
  if (options_.settings.prompt.empty()) {
    options_.settings.prompt =
        runtime::prompt_ids(*subject.tokenizer, options_.prompt, context_, options_.special);
  }
  require_context(options_, context_);
  hall_ = build_machines(subject, options_, context_, progress_);
}

CompareRun::~CompareRun() = default;

CompareResult CompareRun::run() {
  const runtime::Tokenizer& tokenizer = *subject_.tokenizer;
  CompareResult result;
  result.model = subject_.name;
  result.model_file = subject_.model_file;
  result.prompt = runtime::valid_utf8(options_.prompt);
  result.choices = options_.choices;
  result.context = context_;
  result.gpu = options_.gpu;
  CompareProgress shown(progress_);
  result.found = comparison::compare(
      hall_->machines, options_.settings,
      [&](std::int32_t id) { return tokenizer.is_end(id) || id == tokenizer.bos_id(); },
      [&](const Machine& m, std::int64_t done, std::int64_t all) { shown.on_token(m, done, all); });
  progress_.clear();
  result.generated = runtime::valid_utf8(tokenizer.decode(result.found.generated));
  return result;
}

}  // namespace metronome::cli
