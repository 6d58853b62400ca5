// SPDX-License-Identifier: Apache-2.0
#include "runtime/report/report_data.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/json.hpp>
#include <functional>
#include <limits>
#include <map>

#include "hw/isa/error.h"
#include "hw/isa/lpu/assembly.h"
#include "runtime/report/memory_rows.h"

namespace metronome::report {
namespace {

namespace json = boost::json;
using lpu::Cycle;

constexpr const char* kSchema = "metronome.report/1";
constexpr const char* kHemispheres[] = {"west", "east"};

const char* unit_name(lpu::Unit unit) {
  switch (unit) {
    case lpu::Unit::kMem:
      return "mem";
    case lpu::Unit::kVxm:
      return "vxm";
    case lpu::Unit::kMxmWeights:
      return "mxm_weights";
    case lpu::Unit::kMxmActivations:
      return "mxm_activations";
    case lpu::Unit::kMxmAccumulate:
      return "mxm_accumulate";
    case lpu::Unit::kSxmShift:
      return "sxm_shift";
    case lpu::Unit::kSxmPermute:
      return "sxm_permute";
    case lpu::Unit::kSxmDistribute:
      return "sxm_distribute";
    case lpu::Unit::kSxmTranspose:
      return "sxm_transpose";
    case lpu::Unit::kC2c:
      return "c2c";
    case lpu::Unit::kIcu:
      return "icu";
  }
  return "";
}

json::object chip_json(const lpu::ChipSpec& spec) {
  json::array all;
  for (const lpu::QueueInfo& q : lpu::queues(spec)) {
    all.push_back(json::object{{"path", q.path},
                               {"unit", unit_name(q.unit)},
                               {"hemisphere", kHemispheres[static_cast<std::size_t>(q.hemisphere)]},
                               {"index", q.index},
                               {"position", q.position}});
  }
  return {{"name", spec.name},
          {"clockHz", spec.clock_hz},
          {"superlanes", spec.superlanes},
          {"lanesPerSuperlane", spec.lanes_per_superlane},
          {"streams", spec.streams},
          {"memSlices", spec.mem_slices},
          {"banks", spec.banks},
          {"wordsPerBank", spec.words_per_bank},
          {"slicesPerHop", spec.slices_per_hop},
          {"mxmPlanes", spec.mxm_planes},
          {"vxmAlus", spec.vxm_alus},
          {"sxmDistributors", spec.sxm_distributors},
          {"sxmTransposers", spec.sxm_transposers},
          {"accumulators", spec.accumulators},
          {"positions", spec.positions()},
          {"vxmPosition", spec.vxm_position()},
          {"westEdge", spec.edge_position(lpu::Hemisphere::kWest)},
          {"eastEdge", spec.edge_position(lpu::Hemisphere::kEast)},
          {"queues", std::move(all)}};
}

json::array opcodes_json(const lpu::ChipSpec& spec) {
  json::array all;
  for (const lpu::OpcodeInfo& op : lpu::opcodes()) {
    all.push_back(json::object{{"mnemonic", op.mnemonic},
                               {"meaning", op.meaning},
                               {"result", op.latency(spec.superlanes)},
                               {"busy", op.busy_cycles}});
  }
  return all;
}

/// Cycles of a schedule count from the release of the queues, the page's from Notify.
Cycle shown(Cycle cycle) { return cycle + lpu::barrier_cycles(); }

json::array stream_programs_json(const compiler::ScheduleGraph& graph) {
  const std::vector<compiler::PieceExplanation> pieces = compiler::explain(graph);
  json::array all;
  for (std::size_t p = 0; p < pieces.size(); ++p) {
    const lpu::StreamProgram& s = graph.program().stream_programs[p];
    const compiler::PieceExplanation& e = pieces[p];
    const json::object why{{"kind", compiler::to_string(e.why.kind)},
                           {"issue", e.why.issue},
                           {"culprit", e.why.culprit},
                           {"text", e.why.text}};
    all.push_back(json::object{{"operator", s.op},
                               {"layer", s.layer},
                               {"step", s.step},
                               {"begin", shown(e.begin)},
                               {"end", shown(e.end)},
                               {"why", why},
                               {"slack", e.slack},
                               {"slackText", e.limit.text},
                               {"critical", e.critical}});
  }
  return all;
}

json::array layers_json(const compiler::ScheduleGraph& graph) {
  json::array all;
  for (const compiler::LayerBounds& row : compiler::layer_bounds(graph)) {
    json::array bounds;
    for (const compiler::Bound& b : row.bounds) {
      bounds.push_back(json::object{{"name", b.name}, {"cycles", b.cycles}, {"text", b.sentence}});
    }
    json::array operators;
    for (const compiler::OperatorSpan& s : row.operators) {
      operators.push_back(
          json::object{{"name", s.name}, {"begin", shown(s.begin)}, {"end", shown(s.end)}});
    }
    all.push_back(json::object{{"name", row.name},
                               {"begin", shown(row.begin)},
                               {"end", shown(row.end)},
                               {"achieved", row.achieved()},
                               {"bound", row.binding().cycles},
                               {"binds", row.binding().name},
                               {"bounds", std::move(bounds)},
                               {"operators", std::move(operators)}});
  }
  return all;
}

json::array units_json(const compiler::ScheduleGraph& graph, Cycle cycles) {
  struct Use {
    std::int64_t issued = 0;
    Cycle busy = 0;
    Cycle free = 0;  // two issues of one cycle hold the queue once
  };
  std::vector<Use> uses(graph.queues().size());
  for (const compiler::ScheduledIssue& e : graph.issues()) {
    Use& use = uses[static_cast<std::size_t>(e.queue)];
    const Cycle end = e.cycle + lpu::info(e.instruction().opcode).busy_cycles;
    ++use.issued;
    use.busy += std::max<Cycle>(0, end - std::max(use.free, e.cycle));
    use.free = std::max(use.free, end);
  }
  json::array all;
  for (std::size_t q = 0; q < uses.size(); ++q) {
    all.push_back(json::object{{"path", graph.queues()[q].path},
                               {"unit", unit_name(graph.queues()[q].unit)},
                               {"issued", uses[q].issued},
                               {"busy", uses[q].busy},
                               {"idle", cycles - uses[q].busy}});
  }
  return all;
}

json::object conflict_json(const ConflictStory& story, const compiler::ScheduleGraph& graph) {
  json::array culprits;
  for (const compiler::Culprit& c : story.conflict.culprits) {
    const std::string& path = graph.queues()[static_cast<std::size_t>(c.queue)].path;
    std::string text;
    for (const Neighbour& n : story.around) {
      if (n.culprit && n.path == path && n.cycle == shown(c.cycle)) text = n.text;
    }
    int issue = -1;
    for (std::size_t i = 0; i < graph.issues().size(); ++i) {
      const compiler::ScheduledIssue& e = graph.issues()[i];
      if (e.queue == c.queue && e.cycle == c.cycle) issue = static_cast<int>(i);
    }
    culprits.push_back(
        json::object{{"path", path}, {"cycle", shown(c.cycle)}, {"text", text}, {"issue", issue}});
  }
  json::array around;
  for (const Neighbour& n : story.around) {
    around.push_back(json::object{{"path", n.path},
                                  {"cycle", n.cycle},
                                  {"busy", n.busy_cycles},
                                  {"text", n.text},
                                  {"culprit", n.culprit},
                                  {"moved", n.moved}});
  }
  return {{"change", story.change},
          {"verdict", story.conflict.text},
          {"cycle", shown(story.conflict.cycle)},
          {"place", story.conflict.place},
          {"culprits", std::move(culprits)},
          {"around", std::move(around)}};
}

/// The record and the graph tell of one schedule: what one says of issue i holds for the other.
void require_same_schedule(const ReportInput& input, const compiler::ScheduleGraph& graph) {
  const auto& told = input.record->issues();
  check(told.size() == graph.issues().size(), "report", input.token.simulated_cycles,
        fmt::format("the chip issued {} instructions, the program has {}", told.size(),
                    graph.issues().size()));
  for (std::size_t i = 0; i < told.size(); ++i) {
    const compiler::ScheduledIssue& planned = graph.issues()[i];
    const bool same = told[i].cycle == shown(planned.cycle) &&
                      static_cast<lpu::QueueId>(told[i].queue) == planned.queue;
    check(same, "report", told[i].cycle, "the chip issued another instruction than planned");
  }
}

/// Texts by number, each once.
class Strings {
 public:
  std::uint32_t number(const std::string& text) {
    const auto [at, fresh] =
        numbers_.try_emplace(text, static_cast<std::uint32_t>(numbers_.size()));
    if (fresh) all_.emplace_back(text);
    return at->second;
  }
  json::array take() { return std::move(all_); }

 private:
  std::map<std::string, std::uint32_t> numbers_;
  json::array all_;
};

void add_issues(Columns& columns, Strings& strings, const compiler::ScheduleGraph& graph) {
  std::vector<std::uint32_t> cycle;
  std::vector<std::uint16_t> queue;
  std::vector<std::uint8_t> opcode;
  std::vector<std::uint16_t> busy;
  std::vector<std::uint32_t> operands;
  std::vector<std::uint16_t> piece;
  check(graph.program().stream_programs.size() <= std::numeric_limits<std::uint16_t>::max(),
        "report", 0, "the page numbers 65,535 stream programs at most");
  for (const compiler::ScheduledIssue& e : graph.issues()) {
    cycle.push_back(static_cast<std::uint32_t>(shown(e.cycle)));
    queue.push_back(static_cast<std::uint16_t>(e.queue));
    opcode.push_back(static_cast<std::uint8_t>(e.instruction().opcode));
    busy.push_back(static_cast<std::uint16_t>(lpu::info(e.instruction().opcode).busy_cycles));
    operands.push_back(
        strings.number(lpu::operand_text(e.instruction(), e.repeat * e.issue->address_step)));
    piece.push_back(static_cast<std::uint16_t>(e.piece()));
  }
  columns.add("issues.cycle", cycle);
  columns.add("issues.queue", queue);
  columns.add("issues.opcode", opcode);
  columns.add("issues.busy", busy);
  columns.add("issues.operands", operands);
  columns.add("issues.stream_program", piece);
}

/// One column, a number of type `Number` a row.
template <typename Number, typename Rows, typename Field>
void add_column(Columns& columns, const std::string& name, const Rows& rows, Field field) {
  std::vector<Number> values;
  values.reserve(rows.size());
  for (const auto& row : rows) values.push_back(static_cast<Number>(field(row)));
  columns.add(name, values);
}

void add_drives(Columns& columns, const waveforms::ScheduleRecord& record, int streams) {
  using waveforms::RecordedDrive;
  const auto& rows = record.drives();
  const auto stream = [streams](const RecordedDrive& d) {
    return d.eastward ? d.stream : streams + d.stream;
  };
  add_column<std::uint32_t>(columns, "drives.issue", rows, std::mem_fn(&RecordedDrive::issue));
  add_column<std::uint32_t>(columns, "drives.visible", rows, std::mem_fn(&RecordedDrive::visible));
  add_column<std::uint8_t>(columns, "drives.stream", rows, stream);
  add_column<std::uint8_t>(columns, "drives.position", rows, std::mem_fn(&RecordedDrive::position));
  add_column<std::uint8_t>(columns, "drives.width", rows, std::mem_fn(&RecordedDrive::width));
  add_column<std::uint8_t>(columns, "drives.byte", rows, std::mem_fn(&RecordedDrive::byte));
  add_column<std::uint8_t>(columns, "drives.reach", rows, std::mem_fn(&RecordedDrive::reach));
  std::vector<std::uint8_t> lanes;
  for (const RecordedDrive& d : rows) lanes.insert(lanes.end(), d.lanes.begin(), d.lanes.end());
  columns.add("drives.lanes", lanes);
}

void add_samples(Columns& columns, const waveforms::ScheduleRecord& record) {
  using waveforms::RecordedSample;
  const auto& rows = record.samples();
  add_column<std::uint32_t>(columns, "samples.issue", rows, std::mem_fn(&RecordedSample::issue));
  add_column<std::uint32_t>(columns, "samples.drive", rows, std::mem_fn(&RecordedSample::drive));
}

/// Instructions of no stream program, as in programs written by hand, are given one of their own.
lpu::Program with_purposes(lpu::Program program) {
  const auto unnamed = static_cast<std::uint32_t>(program.stream_programs.size());
  bool any = false;
  for (lpu::QueueProgram& queue : program.queues) {
    for (lpu::Issue& issue : queue.issues) {
      if (issue.stream_program != lpu::kNoStreamProgram) continue;
      issue.stream_program = unnamed;
      any = true;
    }
  }
  if (any) program.stream_programs.push_back({program.name, "", -1});
  return program;
}

}  // namespace

ReportData report_data(const ReportInput& input) {
  const lpu::Image& image = input.image;
  const lpu::Program program = with_purposes(input.program);
  const compiler::ScheduleGraph graph(image, program);
  const waveforms::ScheduleRecord nothing;
  const waveforms::ScheduleRecord& record = input.record == nullptr ? nothing : *input.record;
  if (input.record != nullptr) require_same_schedule(input, graph);
  ReportData data;
  data.title = fmt::format("{} on lpu:{}", image.info.model, image.chip.name);
  Strings strings;
  add_issues(data.columns, strings, graph);
  add_drives(data.columns, record, image.chip.streams);
  add_samples(data.columns, record);

  json::object all;
  all["schema"] = kSchema;
  all["title"] = data.title;
  all["version"] = input.version;
  all["model"] =
      json::object{{"name", image.info.model},          {"architecture", image.info.architecture},
                   {"precision", image.info.precision}, {"parameters", image.info.parameters},
                   {"context", image.info.context},     {"layers", image.info.layers}};
  all["run"] =
      json::object{{"prompt", input.prompt}, {"text", input.text}, {"tokens", input.tokens}};
  all["chip"] = chip_json(image.chip);
  all["program"] = json::object{{"name", input.program.name},
                                {"position", input.token.position},
                                {"token", input.token.text},
                                {"barrierCycles", lpu::barrier_cycles()},
                                {"predictedCycles", input.program.predicted_cycles},
                                {"simulatedCycles", input.token.simulated_cycles}};
  all["opcodes"] = opcodes_json(image.chip);
  all["streamPrograms"] = stream_programs_json(graph);
  all["layers"] = layers_json(graph);
  all["units"] = units_json(graph, program.predicted_cycles);
  all["memory"] = memory_rows(image, graph);
  all["comparison"] =
      input.comparison_json.empty() ? json::value(nullptr) : json::parse(input.comparison_json);
  const std::optional<ConflictStory> story = input.conflict
                                                 ? conflict_story(image, program, *input.conflict)
                                                 : made_up_conflict(image, program);
  all["conflict"] = story ? json::value(conflict_json(*story, graph)) : json::value(nullptr);
  all["strings"] = strings.take();
  all["columns"] = data.columns.places();
  data.json = json::serialize(all);
  return data;
}

}  // namespace metronome::report
