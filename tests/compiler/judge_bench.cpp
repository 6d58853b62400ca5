// SPDX-License-Identifier: Apache-2.0
#include "tests/compiler/judge_bench.h"

#include <algorithm>

#include "compiler/lpu/check_schedule.h"
#include "tests/harness/lpu_bench.h"

namespace metronome::compiler::testing {

HandMade::HandMade() {
  image_.chip = lpu::teaching();
  image_.programs.resize(1);
  image_.programs[0].name = "hand";
}

lpu::MemoryTensor& HandMade::tensor(const std::string& name, lpu::TensorKind kind,
                                    lpu::Hemisphere h, int first_slice, int width,
                                    std::int64_t rows, lpu::ValueId first) {
  lpu::MemoryTensor t;
  t.name = name;
  t.kind = kind;
  t.hemisphere = h;
  t.width = width;
  for (int b = 0; b < width; ++b) t.slices.push_back(static_cast<std::uint16_t>(first_slice + b));
  t.rows = rows;
  t.lanes = spec().lanes();
  t.first_value = first;
  t.value_step = first == lpu::kNoValue ? 0 : 1;
  image_.tensors.push_back(t);
  return image_.tensors.back();
}

void HandMade::output(lpu::Hemisphere h, int first_slice, std::vector<lpu::ValueId> outputs) {
  tensor("result", lpu::TensorKind::kOutput, h, first_slice, 4, std::ssize(outputs), lpu::kNoValue);
  image_.logits = static_cast<std::uint32_t>(image_.tensors.size() - 1);
  image_.programs[0].outputs = std::move(outputs);
}

lpu::QueueProgram& HandMade::queue(lpu::QueueId id) {
  auto& all = image_.programs[0].queues;
  auto at = std::find_if(all.begin(), all.end(), [&](const auto& q) { return q.queue >= id; });
  if (at == all.end() || at->queue != id) at = all.insert(at, {id, {}});
  return *at;
}

lpu::Issue& HandMade::issue(lpu::Cycle cycle, lpu::QueueId id, const lpu::Instruction& instruction,
                            std::vector<lpu::ValueId> reads, lpu::ValueId write) {
  lpu::Issue issue;
  issue.cycle = cycle;
  issue.instruction = instruction;
  for (lpu::ValueId v : reads) issue.reads.push_back({v, 0});
  issue.write = {write, 0};
  queue(id).issues.push_back(issue);
  return queue(id).issues.back();
}

void HandMade::read4(lpu::Cycle cycle, lpu::Hemisphere h, int first_slice, int address,
                     lpu::StreamGroup out, lpu::ValueId value) {
  for (int b = 0; b < 4; ++b) {
    issue(cycle, mem(h, first_slice + b), lpu::testing::read(address, lpu::testing::part(out, b)),
          {value}, value);
  }
}

void HandMade::write4(lpu::Cycle cycle, lpu::Hemisphere h, int first_slice, int address,
                      lpu::StreamGroup in, lpu::ValueId value) {
  for (int b = 0; b < 4; ++b) {
    issue(cycle, mem(h, first_slice + b), lpu::testing::write(address, lpu::testing::part(in, b)),
          {value}, value);
  }
}

lpu::Issue& HandMade::find(lpu::QueueId id, std::size_t at) { return queue(id).issues.at(at); }

void HandMade::drop(lpu::QueueId id, std::size_t at) {
  auto& issues = queue(id).issues;
  issues.erase(issues.begin() + static_cast<std::ptrdiff_t>(at));
}

std::string HandMade::verdict() { return verdict(lpu::total_cycles(image_.programs[0], spec())); }

std::string HandMade::verdict(lpu::Cycle predicted) {
  image_.programs[0].predicted_cycles = predicted;
  const auto conflict = check_schedule(image_, image_.programs[0]);
  return conflict ? conflict->text : std::string();
}

}  // namespace metronome::compiler::testing
