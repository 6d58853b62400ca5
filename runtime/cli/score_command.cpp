// SPDX-License-Identifier: Apache-2.0
// How good a schedule is: what each scheduler achieves beside what no schedule can fall below.
#include <fmt/core.h>

#include <optional>

#include "compiler/lpu/bounds.h"
#include "compiler/lpu/compile.h"
#include "hw/isa/error.h"
#include "runtime/cli/arguments.h"
#include "runtime/cli/named_files.h"
#include "runtime/cli/numbers.h"
#include "runtime/cli/output_file.h"
#include "runtime/cli/subject.h"
#include "runtime/cli/terminal.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::cli {
namespace {

/// What one scheduler made of one program.
struct Score {
  std::string scheduler;
  std::string program;
  std::vector<compiler::LayerBounds> rows;  // the token first
};

std::string ratio_text(const compiler::LayerBounds& row) {
  return fmt::format(
      "{:.3f}", static_cast<double>(row.achieved()) / static_cast<double>(row.binding().cycles));
}

std::int64_t cycles_of(const compiler::LayerBounds& row, std::string_view name) {
  for (const compiler::Bound& bound : row.bounds) {
    if (bound.name == name) return bound.cycles;
  }
  return 0;
}

std::vector<const compiler::Scheduler*> schedulers_asked_for(const Arguments& arguments) {
  std::vector<const compiler::Scheduler*> all;
  const std::string name = arguments.text("scheduler", "all");
  if (name != "all") return {&compiler::scheduler_named(name)};
  for (const compiler::Scheduler& scheduler : compiler::schedulers()) all.push_back(&scheduler);
  return all;
}

std::vector<Score> measure(Subject& subject, const Arguments& arguments) {
  Progress progress(arguments.has("quiet"));
  std::vector<Score> scores;
  for (const compiler::Scheduler* scheduler : schedulers_asked_for(arguments)) {
    subject.scheduler = scheduler;
    compile_subject(subject, context_option(arguments), progress);
    for (const lpu::Program& program : subject.image->programs) {
      progress.show(fmt::format("bounding {} of {}", program.name, scheduler->name));
      const compiler::ScheduleGraph graph(*subject.image, program);
      scores.push_back({std::string(scheduler->name), program.name, compiler::layer_bounds(graph)});
    }
  }
  progress.clear();
  return scores;
}

std::string score_table(const std::vector<Score>& scores) {
  std::vector<std::vector<std::string>> rows;
  for (const Score& score : scores) {
    const compiler::LayerBounds& token = score.rows.front();
    rows.push_back({score.scheduler, score.program, grouped(token.achieved()),
                    grouped(token.binding().cycles), ratio_text(token), token.binding().name,
                    grouped(cycles_of(token, "critical path"))});
  }
  return table({"scheduler", "program", ">achieved", ">bound", ">ratio", "what binds",
                ">critical path alone"},
               rows, 0);
}

std::string layer_table(const Score& score) {
  std::vector<std::vector<std::string>> rows;
  for (const compiler::LayerBounds& row : score.rows) {
    rows.push_back({row.name, grouped(row.begin), grouped(row.end), grouped(row.achieved()),
                    grouped(row.binding().cycles), ratio_text(row), row.binding().name});
  }
  return fmt::format(
             "{} by {}, part by part; a layer's first weights come while the layer before "
             "still runs:\n",
             score.program, score.scheduler) +
         table({"part", ">begins", ">ends", ">achieved", ">bound", ">ratio", "what binds"}, rows,
               0);
}

std::string csv(const std::vector<Score>& scores) {
  std::string text = "scheduler,program,part,begin,end,achieved";
  for (const compiler::Bound& bound : scores.front().rows.front().bounds) {
    text += "," + bound.name;
  }
  text += "\n";
  for (const Score& score : scores) {
    for (const compiler::LayerBounds& row : score.rows) {
      text += fmt::format("{},{},{},{},{},{}", score.scheduler, score.program, row.name, row.begin,
                          row.end, row.achieved());
      for (const compiler::Bound& bound : row.bounds) text += fmt::format(",{}", bound.cycles);
      text += "\n";
    }
  }
  return text;
}

int score(const Arguments& arguments) {
  const std::string path = arguments.operand().empty() ? shipped_model() : arguments.operand();
  if (is_image(path)) runtime::refuse(path, "format", "is a program image; a model is wanted here");
  schedulers_asked_for(arguments);
  require_separate_files(arguments, path);
  std::optional<OutputFile> file;
  if (arguments.has("csv")) file.emplace(arguments.require_text("csv"));
  Subject subject = load_subject(path, arguments, arguments.has("quiet"));
  const std::vector<Score> scores = measure(subject, arguments);
  if (file) {
    file->write(csv(scores));
    file->commit();
  }
  if (arguments.text("csv") == "-") return kOk;
  put(labelled("model", fmt::format("{}, {} on {}", subject.name, ops::to_string(subject.precision),
                                    subject.chip.name)) +
      "\n" + score_table(scores) + "\n" + layer_table(scores.front()));
  return kOk;
}

}  // namespace

Command score_command() {
  return {"score",
          "[MODEL]",
          "compare what schedulers achieve with what is possible",
          "Compiles MODEL with each scheduler, has the judge prove each schedule, and prints its "
          "cycles beside a bound: the largest of the critical path at the table's latencies, of "
          "that path with each operator at the rate of the matrix units, and of what every kind of "
          "unit has to do. No schedule of the same stream programs is below it. docs/schedule.md "
          "explains both.",
          "  metronome score shape:llama-110m --precision int8 --context 64",
          {{"scheduler", "NAME", "in-order, critical-first, one-by-one, or all, as by default"},
           {"chip", "CHIP", "groq1 (by default), teaching, or a chip file"},
           {"precision", "P", "fp16 (by default), int8 or w8a16, see docs/precision.md"},
           {"context", "N", "compile for N positions instead of as many as the model allows"},
           {"tokenizer", "FILE", "where the model names none"},
           {"csv", "FILE", "write all bounds of all parts; - for standard output, then alone"},
           {"quiet,q", "", "no progress and no notes"}},
          score};
}

}  // namespace metronome::cli
