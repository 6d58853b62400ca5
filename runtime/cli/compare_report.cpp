// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "runtime/cli/compare_charts.h"
#include "runtime/cli/compare_result.h"
#include "runtime/cli/numbers.h"

namespace metronome::cli {
namespace {

using comparison::CauseEffect;
using comparison::Comparison;
using comparison::MachineResult;
using comparison::Piece;
using comparison::Summary;
using Row = std::vector<std::string>;

constexpr double kMicro = 1e6;

double microseconds(std::int64_t cycles, const MachineResult& machine) {
  return static_cast<double>(cycles) * kMicro / static_cast<double>(machine.clock_hz);
}

bool is_gpu(const CompareResult& result, std::size_t machine) {
  return result.choices[machine].kind == MachineChoice::Kind::kGpu;
}

const Row kSummaryTitles = {">min", ">p50", ">p90", ">p99", ">p99.9", ">max", ">spread"};

constexpr std::size_t kWidth = 100;

Row titles(const Row& before, const Row& after = {}) {
  Row row = before;
  row.insert(row.end(), kSummaryTitles.begin(), kSummaryTitles.end());
  row.insert(row.end(), after.begin(), after.end());
  return row;
}

void add_cycles(Row& row, const Summary& s) {
  for (const std::int64_t value : {s.min, s.p50, s.p90, s.p99, s.p999, s.max, s.spread()}) {
    row.push_back(grouped(value));
  }
}

void add_times(Row& row, const Summary& s, const MachineResult& machine) {
  for (const std::int64_t value : {s.min, s.p50, s.p90, s.p99, s.p999, s.max, s.spread()}) {
    row.push_back(fmt::format("{:.3f}", microseconds(value, machine)));
  }
}

std::string head_text(const CompareResult& result) {
  const Comparison& found = result.found;
  const auto prompt = static_cast<std::int64_t>(found.settings.prompt.size());
  std::string text = labelled("model", result.model);
  text += labelled("tokens",
                   fmt::format("{} of prompt, {} generated{}, {} fed: the same to every machine",
                               grouped(prompt), grouped(std::ssize(found.generated)),
                               found.ended ? ", then the model ended its text" : "",
                               grouped(std::ssize(found.fed))));
  text += labelled("runs", fmt::format("{} a machine, each from a cold start, seeds {} to {}",
                                       grouped(found.settings.runs), found.settings.seed,
                                       found.settings.seed +
                                           static_cast<std::uint64_t>(found.settings.runs - 1)));
  for (std::size_t m = 0; m < found.machines.size(); ++m) {
    const MachineResult& machine = found.machines[m];
    std::string line = fmt::format("{} at {}", machine.name, clock_text(machine.clock_hz));
    if (is_gpu(result, m)) {
      line += fmt::format(", launched as {}", gpu::name(result.gpu.mode));
      if (result.gpu.background_permille > 0) {
        line += fmt::format(", {:g} % background",
                            static_cast<double>(result.gpu.background_permille) / 10);
      }
    }
    text += labelled(m == 0 ? "machines" : "", line);
    if (is_gpu(result, m)) {
      text += labelled("", "its numbers: " + confidence_text(result.choices[m].gpu));
    }
  }
  for (const gpu::MechanismInfo& info : gpu::mechanisms()) {
    if (!result.gpu.off[static_cast<std::size_t>(info.mechanism)]) continue;
    text += labelled("without", fmt::format("{}: {}", info.name, info.sentence));
  }
  return text;
}

std::string disagreement_text(const CompareResult& result, std::size_t m) {
  const MachineResult& machine = result.found.machines[m];
  std::string text;
  constexpr std::size_t kShown = 3;
  for (std::size_t i = 0; i < std::min(kShown, machine.disagreements.size()); ++i) {
    const comparison::Disagreement& d = machine.disagreements[i];
    text += fmt::format(
        "  after position {}: token {} there, {} on {}: a near tie, {:.2g} against {:.2g}\n",
        d.position, d.found, d.first, result.found.machines.front().name, d.found_margin,
        d.first_margin);
  }
  if (machine.disagreements.size() > kShown) {
    text += fmt::format("  and {} more\n", machine.disagreements.size() - kShown);
  }
  return text;
}

/// What the machines computed: the same tokens, or prominently not.
std::string agreement_text(const CompareResult& result) {
  std::string text;
  const MachineResult& first = result.found.machines.front();
  bool all_agree = true;
  for (std::size_t m = 1; m < result.found.machines.size(); ++m) {
    const MachineResult& machine = result.found.machines[m];
    if (machine.disagreements.empty()) continue;
    all_agree = false;
    text += fmt::format(
        "NOT THE SAME TOKENS: {} would choose others in {} of {} places; it was fed "
        "those of\n{} all the same\n{}",
        machine.name, machine.disagreements.size(), result.found.fed.size(), first.name,
        disagreement_text(result, m));
  }
  if (all_agree) text += "Every machine chooses the same tokens in every run.";
  for (const MachineResult& machine : result.found.machines) {
    if (!machine.same_logits)
      text += fmt::format("\n{} COMPUTES ANOTHER RESULT IN SOME RUN.", machine.name);
  }
  for (std::size_t m = 1; m < result.found.machines.size(); ++m) {
    const MachineResult& machine = result.found.machines[m];
    text += fmt::format("\nLogits of {} differ from those of {} by {:.2g} at most.", machine.name,
                        first.name, machine.largest_logit_difference);
  }
  return text + "\n";
}

std::string token_table(const CompareResult& result, const std::string& title,
                        const std::function<Summary(const MachineResult&)>& summary_of) {
  std::vector<Row> rows;
  for (const MachineResult& machine : result.found.machines) {
    const Summary s = summary_of(machine);
    Row cycles = {machine.name, "cycles"};
    add_cycles(cycles, s);
    Row times = {"", "us"};
    add_times(times, s, machine);
    cycles.push_back(fmt::format("{:.4f}", s.tail_ratio()));
    rows.push_back(std::move(cycles));
    rows.push_back(std::move(times));
  }
  return table(titles({title, ""}, {">p99/p50"}), rows, 0);
}

std::string tokens_text(const CompareResult& result) {
  const std::size_t last = result.found.fed.size() - 1;
  std::string text;
  if (last > 0) {
    text +=
        token_table(result, "first token", [](const MachineResult& m) { return m.at_position(0); });
    text += "Caches are cold. The same position in every run: what differs is chance.\n\n";
  }
  text += token_table(result, "last token",
                      [&](const MachineResult& m) { return m.at_position(last); });
  text += fmt::format("Position {} in every run: what differs is chance.\n\n", last);
  text += token_table(result, "all tokens", [](const MachineResult& m) { return m.pooled(); });
  text += "All positions of all runs, the cold first one too. A later token looks back at more.\n";
  return text;
}

std::string pieces_text(const CompareResult& result) {
  std::vector<Row> rows;
  for (const MachineResult& machine : result.found.machines) {
    std::string name = machine.name;
    for (const Piece::Kind kind : {Piece::Kind::kLayer, Piece::Kind::kKernel}) {
      for (const std::string& group : machine.groups(kind)) {
        const Summary s = machine.group(kind, group);
        Row row = {name, group};
        add_cycles(row, s);
        row.push_back(fmt::format("{:.3f}", microseconds(s.p50, machine)));
        rows.push_back(std::move(row));
        name.clear();
      }
    }
  }
  return table(titles({"layer, kernel", ""}, {">p50 us"}), rows, 0) +
         "In cycles, in the last token: all layers of all runs together. A layer on a GPU is its "
         "kernels\nwith the gaps before them; a kernel is from its first CTA to its last store.\n";
}

std::string accesses_text(const CompareResult& result) {
  std::vector<Row> rows;
  std::string notes;
  for (const MachineResult& machine : result.found.machines) {
    const Summary s = machine.accesses.summary();
    Row row = {machine.name};
    add_cycles(row, s);
    row.push_back(fmt::format("{:.1f}", microseconds(s.p50, machine) * 1e3));
    rows.push_back(std::move(row));
    notes += wrapped_text(
        fmt::format("{}: {} {}.", machine.name, grouped(s.count), machine.access_text), kWidth);
  }
  return table(titles({"one access"}, {">p50 ns"}), rows, 0) + notes;
}

Row effect_row(const CauseEffect& effect) {
  const Summary s = effect.added.summary();
  const auto with_sign = [](std::int64_t cycles) {
    return (cycles > 0 ? "+" : "") + grouped(cycles);
  };
  return {effect.fact.name, with_sign(s.p50), with_sign(s.min), with_sign(s.max),
          grouped(s.spread())};
}

/// Beside each cause, what it adds as a bar on the axis of all.
std::string effects_table(const std::vector<const CauseEffect*>& effects, const TextStyle& style) {
  constexpr std::size_t kMostColumns = 40;
  std::vector<Row> rows;
  std::vector<Summary> added;
  for (const CauseEffect* effect : effects) {
    rows.push_back(effect_row(*effect));
    added.push_back(effect->added.summary());
  }
  Row header = {"cause", ">median", ">least", ">most", ">spread"};
  std::string numbers = table(header, rows, 0);
  const std::size_t beside = numbers.find('\n') + 2;
  const std::size_t columns = std::min(kMostColumns, style.width - std::min(style.width, beside));
  const CauseBars bars = cause_bars(added, std::max<std::size_t>(columns, 1), style);
  if (bars.title.size() > columns) return numbers;
  header.push_back(bars.title);
  for (std::size_t r = 0; r < rows.size(); ++r) rows[r].push_back(bars.lines[r]);
  return table(header, rows, 0);
}

std::string causes_of_gpu(const MachineResult& machine, std::size_t last, const TextStyle& style) {
  std::vector<const CauseEffect*> effects;
  std::string absent;
  for (const CauseEffect& effect : machine.causes) {
    if (effect.fact.absent.empty()) {
      effects.push_back(&effect);
    } else {
      absent += fmt::format("{} cannot act: {}.\n", effect.fact.name, effect.fact.absent);
    }
  }
  effects.push_back(&machine.all_causes);
  const std::int64_t runs = machine.all_causes.added.count();
  return effects_table(effects, style) +
         fmt::format(
             "What {} adds to the token at position {} when it alone is drawn anew, in "
             "cycles: {}\neach, against {} with all causes as in the first run. The token "
             "before it warms the caches.\nA bar goes from the least to the most, {} is its "
             "median, "
             "{} is nothing added.\n",
             "each cause", last, counted(runs, "run"), grouped(machine.fixed_cycles),
             style.unicode ? "●" : "o", style.unicode ? "│" : "|") +
         absent;
}

std::string causes_text(const CompareResult& result, const TextStyle& style) {
  std::string text;
  for (std::size_t m = 0; m < result.found.machines.size(); ++m) {
    const MachineResult& machine = result.found.machines[m];
    text += fmt::format("{}Why runs of {} differ\n", m == 0 ? "" : "\n", machine.name);
    if (is_gpu(result, m)) {
      text += causes_of_gpu(machine, result.found.fed.size() - 1, style);
      continue;
    }
    std::vector<Row> rows;
    for (const CauseEffect& effect : machine.causes) {
      rows.push_back({effect.fact.name, effect.fact.absent});
    }
    text += "They do not: what could make them differ is not there.\n" + table({"", ""}, rows, 2);
  }
  return text;
}

std::string time_text(const CompareResult& result) {
  std::vector<Row> rows;
  for (const MachineResult& machine : result.found.machines) {
    std::int64_t all = 0;
    for (const comparison::TimePart& part : machine.time_parts) all += part.cycles;
    std::string name = machine.name;
    for (const comparison::TimePart& part : machine.time_parts) {
      rows.push_back({name, part.name, grouped(part.cycles),
                      fmt::format("{:.3f}", microseconds(part.cycles, machine)),
                      percent_text(static_cast<double>(part.cycles), static_cast<double>(all)),
                      part.sentence});
      name.clear();
    }
    rows.push_back({"", "token", grouped(all), fmt::format("{:.3f}", microseconds(all, machine)),
                    "", fmt::format("the median last token, seed {}", machine.time_seed)});
  }
  return table({"where time goes", "", ">cycles", ">us", ">share", ""}, rows, 0);
}

}  // namespace

std::string compare_report(const CompareResult& result, const TextStyle& style) {
  return head_text(result) + "\n" + agreement_text(result) + "\n" + tokens_text(result) + "\n" +
         token_charts(result.found, style) + "\n" + pieces_text(result) + "\n" +
         accesses_text(result) + "\n" + access_chart(result.found, style) + "\n" +
         causes_text(result, style) + "\n" + time_text(result) +
         fmt::format(
             "\nAll times are simulated. Percentiles are nearest rank: each is a value that "
             "occurred; of {}\np99 {}.\n",
             counted(result.found.settings.runs, "run"),
             result.found.settings.runs < 100
                 ? "and p99.9 are the slowest one"
                 : (result.found.settings.runs < 1000 ? "is a true one, p99.9 the slowest"
                                                      : "and p99.9 are true ones"));
}

std::string broken_promise(const CompareResult& result) {
  for (std::size_t m = 0; m < result.found.machines.size(); ++m) {
    const MachineResult& machine = result.found.machines[m];
    if (!machine.same_logits) {
      return machine.name + ": the same tokens gave different logits in two runs";
    }
    if (is_gpu(result, m)) continue;
    for (std::size_t p = 0; p < result.found.fed.size(); ++p) {
      const Summary s = machine.at_position(p);
      if (s.spread() == 0) continue;
      return fmt::format("{}: position {}: {} to {} cycles, expected the same in every run",
                         machine.name, p, s.min, s.max);
    }
  }
  return "";
}

}  // namespace metronome::cli
