// SPDX-License-Identifier: Apache-2.0
#include "waveforms/timeline/lpu_timeline.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "hw/isa/error.h"

namespace metronome::waveforms {
namespace {

enum Rank : std::int64_t { kToken = 1, kLayer, kOperator, kCounters };

RowId counter(TimelineWriter& writer, TimelineRows& rows, std::string_view name,
              std::string_view unit, std::int64_t rank) {
  return writer.add_counter(name, unit, rows.row_of("counters", kCounters), rank);
}

}  // namespace

LpuTimeline::LpuTimeline(const std::filesystem::path& path, const lpu::ChipSpec& spec,
                         TimelineOptions options)
    : Timeline(path, {"lpu:" + spec.name, spec.clock_hz}, "lpu", std::move(options)),
      spec_(spec),
      flows_(spec),
      instructions_(writer(), counter(writer(), rows(), "instructions issued", "instructions", 0),
                    kBucketCycles),
      values_(writer(), counter(writer(), rows(), "values put on streams", "vectors", 1),
              kBucketCycles),
      reads_(writer(), counter(writer(), rows(), "SRAM reads", "vectors", 2), kBucketCycles),
      writes_(writer(), counter(writer(), rows(), "SRAM writes", "vectors", 3), kBucketCycles) {
  for (const lpu::OpcodeInfo& op : lpu::opcodes()) opcodes_.emplace(op.mnemonic, &op);
}

std::string_view LpuTimeline::kept(std::string_view text) {
  const auto found = texts_.find(text);
  return found != texts_.end() ? *found : *texts_.emplace(text).first;
}

LpuTimeline::Waiting* LpuTimeline::waiting(std::int64_t issue) {
  if (issue < first_waiting_) return nullptr;
  return &waiting_[static_cast<std::size_t>(issue - first_waiting_)];
}

void LpuTimeline::on_program(const hw::ProgramEvent& event) {
  end_program();  // nothing that stood on streams before has a slice left to begin an arrow
  reach(event.notified);
  running_ = true;
  program_ = event.name;
  token_ = position();
  notified_ = event.notified;
  last_effect_ = event.released;
}

void LpuTimeline::count(const hw::IssueEvent& event, const lpu::OpcodeInfo* op) {
  instructions_.add(event.cycle, 1);
  if (op == nullptr || op->unit != lpu::Unit::kMem) return;
  const bool reads = op->opcode == lpu::Opcode::kRead || op->opcode == lpu::Opcode::kGather;
  (reads ? reads_ : writes_).add(event.cycle, 1);
}

void LpuTimeline::on_issue(const hw::IssueEvent& event) {
  check(event.track < rows().paths().size(), "timeline", event.cycle,
        fmt::format("an issue on track {}, which was never named", event.track));
  reach(event.cycle);
  write_until(event.cycle - flows_.reach_cycles());
  const auto known = opcodes_.find(event.mnemonic);
  const lpu::OpcodeInfo* op = known == opcodes_.end() ? nullptr : known->second;
  const std::int64_t latency = op == nullptr ? 0 : op->latency(spec_.superlanes);
  const std::int64_t end = event.cycle + std::max(latency, event.busy_cycles);
  last_effect_ = std::max(last_effect_, end);
  spans_.add(event, end);
  if (last_issue_.size() <= event.track) {
    last_issue_.resize(event.track + std::size_t{1}, StreamFlows::kNobody);
  }
  last_issue_[event.track] = StreamFlows::kNobody;
  if (!within(event.cycle)) return;
  count(event, op);
  if (!shows(event.track)) return;
  last_issue_[event.track] = first_waiting_ + static_cast<std::int64_t>(waiting_.size());
  waiting_.push_back({event.track,
                      event.cycle,
                      event.busy_cycles,
                      kept(event.mnemonic),
                      std::string(event.operands),
                      kept(event.purpose.op),
                      kept(event.purpose.step),
                      event.purpose.layer,
                      event.purpose.piece,
                      {},
                      {}});
}

void LpuTimeline::on_stream(const hw::StreamEvent& event) {
  if (within(event.cycle)) values_.add(event.cycle, 1);
  if (!options().flows || event.track >= last_issue_.size()) return;
  flows_.drive(event, last_issue_[event.track]);
}

/// An arrow for each value; its bytes lie on consecutive streams and are taken together.
void LpuTimeline::on_sample(const hw::SampleEvent& event) {
  if (!options().flows || event.track >= last_issue_.size()) return;
  Waiting* taker = waiting(last_issue_[event.track]);
  const std::int64_t made = flows_.maker(event);
  Waiting* maker = waiting(made);
  if (taker == nullptr || maker == nullptr) return;
  const std::int64_t hops = std::abs(event.position - event.producer_position);
  const std::int64_t visible = event.cycle - hops;
  if (!taker->inputs.empty()) {
    Input& last = taker->inputs.back();
    const bool same_value = !maker->outputs.empty() && maker->outputs.back() == last.flow &&
                            last.visible == visible && last.taken == event.cycle &&
                            last.eastward == event.eastward &&
                            last.stream + last.streams == event.stream;
    if (same_value) return static_cast<void>(++last.streams);
  }
  maker->outputs.push_back(++arrows_);
  taker->inputs.push_back({arrows_, event.eastward, event.stream, 1, visible, event.cycle});
}

void LpuTimeline::write_until(std::int64_t cycle) {
  while (!waiting_.empty() && (waiting_.front().cycle < cycle || !options().flows)) {
    write_issue(waiting_.front());
    waiting_.pop_front();
    ++first_waiting_;
  }
}

void LpuTimeline::write_issue(const Waiting& issue) {
  std::vector<Argument> arguments;
  const auto add = [&](std::string_view name, std::string_view text) {
    if (!text.empty()) arguments.push_back({name, text});
  };
  add("operands", issue.operands);
  add("operator", issue.op);
  add("step", issue.step);
  if (issue.layer >= 0) arguments.push_back({"layer", std::int64_t{issue.layer}});
  if (issue.piece >= 0) arguments.push_back({"piece", issue.piece});
  const RowId row = rows().place(issue.track, "", issue.cycle, issue.busy_cycles);
  write({row, issue.cycle, issue.busy_cycles, issue.mnemonic, "issue", arguments, issue.outputs,
         issue.inputs});
}

void LpuTimeline::end_program() {
  write_until(std::numeric_limits<std::int64_t>::max());
  if (!running_) return;
  running_ = false;
  const Argument program[] = {{"program", std::string_view(program_)}, {"position", token_}};
  write_span("token", kToken, notified_, last_effect_, fmt::format("token {}", token_), program);
  for (const ProgramSpan& span : spans_.layers()) {
    const Argument instructions[] = {{"instructions", span.instructions}};
    write_span("layer", kLayer, span.first, span.end, fmt::format("layer {}", span.layer),
               instructions);
  }
  for (const ProgramSpan& span : spans_.operators()) {
    const Argument facts[] = {{"layer", std::int64_t{span.layer}},
                              {"instructions", span.instructions}};
    write_span("operator", kOperator, span.first, span.end, span.op, facts);
  }
  spans_.clear();
}

void LpuTimeline::flush(std::int64_t /*cycle*/) {
  end_program();
  for (CycleBuckets* buckets : {&instructions_, &values_, &reads_, &writes_}) buckets->flush();
}

}  // namespace metronome::waveforms
