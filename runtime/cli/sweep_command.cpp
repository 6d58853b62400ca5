// SPDX-License-Identifier: Apache-2.0
// One model over many chips and ways to compile it.
#include <fmt/format.h>

#include <optional>

#include "hw/isa/error.h"
#include "runtime/cli/arguments.h"
#include "runtime/cli/named_files.h"
#include "runtime/cli/numbers.h"
#include "runtime/cli/output_file.h"
#include "runtime/cli/subject.h"
#include "runtime/cli/sweep.h"
#include "runtime/cli/terminal.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::cli {
namespace {

constexpr std::size_t kMostPoints = 10'000;

std::vector<SweepAxis> axes_of(const Arguments& arguments) {
  std::vector<SweepAxis> axes;
  std::size_t points = 1;
  for (const std::string& text : arguments.texts("vary")) {
    axes.push_back(parse_axis(text));
    points *= axes.back().values.size();
    for (std::size_t a = 0; a + 1 < axes.size(); ++a) {
      if (axes[a].name != axes.back().name) continue;
      throw UsageError(fmt::format("--vary: {} is varied twice", axes[a].name), "help sweep");
    }
    if (points > kMostPoints) {
      throw UsageError(fmt::format("--vary: more than {} combinations", kMostPoints), "help sweep");
    }
  }
  if (axes.empty()) {
    throw UsageError(
        "--vary: missing, nothing to sweep over; --vary superlanes=5,10,20 varies one "
        "number of the chip",
        "help sweep");
  }
  return axes;
}

std::vector<SweepPoint> measure(const Subject& subject, const SweepSetting& start,
                                const std::vector<SweepAxis>& axes, bool quiet) {
  Progress progress(quiet);
  std::vector<SweepPoint> points;
  const auto all = combinations(axes);
  for (const std::vector<std::string>& values : all) {
    progress.show(
        fmt::format("{} of {}: {}", points.size() + 1, all.size(), fmt::join(values, ", ")));
    points.push_back(measure_point(*subject.model, start, axes, values));
  }
  progress.clear();
  return points;
}

std::string sweep_table(const std::vector<SweepAxis>& axes, const std::vector<SweepPoint>& points) {
  std::vector<std::string> header;
  header.reserve(axes.size() + 5);
  for (const SweepAxis& axis : axes) header.push_back(">" + axis.name);
  for (const char* name : {"program", ">cycles", ">bound", ">ratio", "what binds"}) {
    header.emplace_back(name);
  }
  std::vector<std::vector<std::string>> rows;
  std::string reasons;
  for (const SweepPoint& p : points) {
    rows.push_back(p.values);
    if (p.reason.empty()) {
      rows.back().insert(rows.back().end(), {p.program, grouped(p.cycles), grouped(p.bound),
                                             fmt::format("{:.3f}", p.ratio()), p.binds});
    } else {
      rows.back().insert(rows.back().end(), {"-", "-", "-", "-", "refused"});
      reasons += fmt::format("\n{}: {}\n", fmt::join(p.values, ", "), p.reason);
    }
  }
  return table(header, rows, 0) + reasons;
}

SweepSetting setting_of(const Subject& subject, const Arguments& arguments) {
  SweepSetting setting;
  setting.chip = subject.chip;
  setting.options.model_name = subject.name;
  setting.options.context = context_option(arguments);
  setting.options.precision = subject.precision;
  setting.options.scheduler =
      &compiler::scheduler_named(arguments.text("scheduler", compiler::default_scheduler().name));
  return setting;
}

int sweep(const Arguments& arguments) {
  const std::string path = arguments.operand().empty() ? shipped_model() : arguments.operand();
  if (is_image(path)) runtime::refuse(path, "format", "is a program image; a model is wanted here");
  const std::vector<SweepAxis> axes = axes_of(arguments);
  require_separate_files(arguments, path);
  std::optional<OutputFile> csv;
  std::optional<OutputFile> plot;
  if (arguments.has("csv")) csv.emplace(arguments.require_text("csv"));
  if (arguments.has("plot")) plot.emplace(arguments.require_text("plot"));
  const bool quiet = arguments.has("quiet");
  const Subject subject = load_subject(path, arguments, quiet);
  const SweepSetting start = setting_of(subject, arguments);
  const std::vector<SweepPoint> points = measure(subject, start, axes, quiet);
  const std::string title = fmt::format("{}, {} on {}", subject.name,
                                        ops::to_string(subject.precision), subject.chip.name);
  if (csv) {
    csv->write(sweep_csv(axes, points));
    csv->commit();
  }
  if (plot) {
    plot->write(sweep_svg(title, axes, points));
    plot->commit();
  }
  if (arguments.text("csv") == "-" || arguments.text("plot") == "-") return kOk;
  put(labelled("start", title) + "\n" + sweep_table(axes, points));
  return kOk;
}

}  // namespace

Command sweep_command() {
  return {
      "sweep",
      "[MODEL]",
      "cycles over chip and compiler parameters",
      "Compiles MODEL for every combination of the values given, has the judge prove each "
      "schedule, and prints the cycles of its longest program beside their bound. What does "
      "not fit a chip is a row with its reason. Parameters: precision, context, scheduler, and "
      "each number of a chip (`metronome inspect groq1` lists them).",
      "  metronome sweep shape:llama-15m --context 64 --vary superlanes=5,10,20 \\\n"
      "    --vary precision=fp16,int8 --plot sweep.svg",
      {{"vary", "NAME=A,B,...", "a parameter and its values; the first is the plot's axis", true},
       {"chip", "CHIP", "where it starts: groq1 (by default), teaching, or a chip file"},
       {"precision", "P", "fp16 (by default), int8 or w8a16, unless it is varied"},
       {"context", "N", "positions, unless they are varied; else as many as the model allows"},
       {"scheduler", "NAME", "in-order (by default), critical-first or one-by-one"},
       {"tokenizer", "FILE", "where the model names none"},
       {"csv", "FILE", "write all points; - for standard output, then alone"},
       {"plot", "FILE.svg", "draw them; - for standard output, then alone"},
       {"quiet,q", "", "no progress and no notes"}},
      sweep};
}

}  // namespace metronome::cli
