// SPDX-License-Identifier: Apache-2.0
#include <boost/json.hpp>

#include "runtime/cli/compare_result.h"
#include "runtime/cli/json_document.h"

namespace metronome::cli {
namespace {

namespace json = boost::json;
using comparison::CauseEffect;
using comparison::Distribution;
using comparison::MachineResult;
using comparison::Piece;
using comparison::Summary;

constexpr const char* kSchema = "metronome.compare/1";

constexpr std::size_t kMostBins = 64;

json::array bins_json(const Distribution& cycles) {
  json::array bins;
  for (const comparison::Bin& bin : cycles.bins(kMostBins)) {
    bins.push_back(json::object{{"from", bin.from}, {"to", bin.to}, {"count", bin.count}});
  }
  return bins;
}

json::object distribution_json(const Distribution& cycles) {
  const Summary s = cycles.summary();
  return {{"count", s.count}, {"min", s.min},         {"p50", s.p50},
          {"p90", s.p90},     {"p99", s.p99},         {"p99_9", s.p999},
          {"max", s.max},     {"spread", s.spread()}, {"bins", bins_json(cycles)}};
}

json::array runs_json(const MachineResult& machine) {
  json::array runs;
  for (const comparison::RunSeries& run : machine.runs) {
    json::array tokens;
    for (std::size_t p = 0; p < run.cycles.size(); ++p) {
      tokens.push_back(json::object{{"position", p}, {"cycles", run.cycles[p]}});
    }
    runs.push_back(json::object{{"seed", run.seed}, {"tokens", std::move(tokens)}});
  }
  return runs;
}

json::object token_json(const MachineResult& machine, std::size_t positions) {
  json::array each;
  for (std::size_t p = 0; p < positions; ++p) {
    json::object row = distribution_json(machine.cycles_at(p));
    row["position"] = p;
    each.push_back(std::move(row));
  }
  return {{"positions", std::move(each)},
          {"pooled", distribution_json(machine.cycles_of_all_tokens())}};
}

json::array pieces_json(const MachineResult& machine, Piece::Kind kind) {
  json::array all;
  for (const comparison::PieceCycles& piece : machine.pieces) {
    if (piece.kind != kind) continue;
    json::object row = distribution_json(piece.cycles);
    row["name"] = piece.name;
    row["group"] = piece.group;
    all.push_back(std::move(row));
  }
  return all;
}

json::object effect_json(const CauseEffect& effect) {
  json::object row{{"name", effect.fact.name}, {"sentence", effect.fact.sentence}};
  row["acts"] = effect.fact.absent.empty();
  if (!effect.fact.absent.empty()) {
    row["why_not"] = effect.fact.absent;
    return row;
  }
  const Summary s = effect.added.summary();
  row["runs"] = s.count;
  row["added_median"] = s.p50;
  row["added_least"] = s.min;
  row["added_most"] = s.max;
  row["added_spread"] = s.spread();
  row["bins"] = bins_json(effect.added);
  return row;
}

json::object causes_json(const MachineResult& machine) {
  json::array each;
  for (const CauseEffect& effect : machine.causes) each.push_back(effect_json(effect));
  json::object all{{"each", std::move(each)}};
  if (machine.fixed_cycles == 0) return all;
  all["fixed_cycles"] = machine.fixed_cycles;
  all["together"] = effect_json(machine.all_causes);
  return all;
}

json::object time_json(const MachineResult& machine) {
  json::array parts;
  for (const comparison::TimePart& part : machine.time_parts) {
    parts.push_back(
        json::object{{"name", part.name}, {"sentence", part.sentence}, {"cycles", part.cycles}});
  }
  return {{"seed", machine.time_seed}, {"parts", std::move(parts)}};
}

json::array disagreements_json(const MachineResult& machine) {
  json::array all;
  for (const comparison::Disagreement& d : machine.disagreements) {
    all.push_back(json::object{{"position", d.position},
                               {"first_id", d.first},
                               {"id", d.found},
                               {"first_margin", d.first_margin},
                               {"margin", d.found_margin}});
  }
  return all;
}

json::object confidence_json(const gpu::GpuSpec& spec) {
  json::object all;
  for (const gpu::Confidence c : {gpu::Confidence::kPublished, gpu::Confidence::kDerived,
                                  gpu::Confidence::kFitted, gpu::Confidence::kAssumed}) {
    all[gpu::name(c)] = count_of(spec, c);
  }
  return all;
}

json::object machine_json(const CompareResult& result, std::size_t index) {
  const MachineResult& machine = result.found.machines[index];
  json::object all{{"name", machine.name}, {"clock_hz", machine.clock_hz}};
  if (result.choices[index].kind == MachineChoice::Kind::kGpu) {
    all["launch"] = gpu::name(result.gpu.mode);
    all["background_permille"] = result.gpu.background_permille;
    all["confidence"] = confidence_json(result.choices[index].gpu);
  }
  all["runs"] = runs_json(machine);
  all["token"] = token_json(machine, result.found.fed.size());
  all["layers"] = pieces_json(machine, Piece::Kind::kLayer);
  all["kernels"] = pieces_json(machine, Piece::Kind::kKernel);
  all["accesses"] = distribution_json(machine.accesses);
  all["access_text"] = machine.access_text;
  all["causes"] = causes_json(machine);
  all["time"] = time_json(machine);
  all["disagreements"] = disagreements_json(machine);
  all["largest_logit_difference"] = machine.largest_logit_difference;
  all["same_logits_in_every_run"] = machine.same_logits;
  return all;
}

json::array without_json(const comparison::GpuOptions& options) {
  json::array names;
  for (const gpu::MechanismInfo& info : gpu::mechanisms()) {
    if (options.off[static_cast<std::size_t>(info.mechanism)]) names.emplace_back(info.name);
  }
  return names;
}

}  // namespace

/// One field a line, but for machines: one a line.
std::string compare_json(const CompareResult& result) {
  const comparison::Comparison& found = result.found;
  bool same = true;
  for (const MachineResult& machine : found.machines) same = same && machine.disagreements.empty();
  json::object all;
  all["schema"] = kSchema;
  all["model"] = result.model;
  all["model_file"] = result.model_file;
  all["context"] = result.context;
  all["prompt"] = result.prompt;
  all["generated"] = result.generated;
  all["prompt_ids"] = json::value_from(found.settings.prompt);
  all["generated_ids"] = json::value_from(found.generated);
  all["fed_ids"] = json::value_from(found.fed);
  all["stopped_by"] = found.ended ? "end" : "tokens";
  all["seed"] = found.settings.seed;
  all["runs"] = found.settings.runs;
  all["percentiles"] = "nearest rank, of simulated cycles at each machine's clock";
  all["without"] = without_json(result.gpu);
  all["same_tokens"] = same;
  std::string text = fields_text(all) + ",\n\"machines\": [";
  for (std::size_t m = 0; m < found.machines.size(); ++m) {
    text += m == 0 ? "\n" : ",\n";
    text += json::serialize(machine_json(result, m));
  }
  return text + "\n]\n}\n";
}

}  // namespace metronome::cli
