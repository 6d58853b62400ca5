// SPDX-License-Identifier: Apache-2.0
#include "compiler/gpu/hazards.h"

#include <algorithm>
#include <bitset>
#include <map>
#include <set>

namespace metronome::gpu {
namespace {

using RegisterSet = std::bitset<256>;

void add(RegisterSet& set, const RegisterRange& range) {
  if (range.first == kZeroRegister) return;
  for (int r = range.first; r < range.first + range.count; ++r)
    set.set(static_cast<std::size_t>(r));
}

RegisterSet set_of(const std::vector<RegisterRange>& ranges) {
  RegisterSet set;
  for (const RegisterRange& range : ranges) add(set, range);
  return set;
}

using EventSet = std::set<int>;

class Flow {
 public:
  Flow(const std::vector<Instruction>& code, const std::vector<HazardEvent>& events,
       const std::vector<int>& counters)
      : code_(code), events_(events), counters_(counters), raised_(code.size()) {
    for (std::size_t e = 0; e < events.size(); ++e) {
      registers_.push_back(set_of(events[e].registers));
      if (counters[e] < 0) continue;
      raised_[static_cast<std::size_t>(events[e].producer)].push_back(static_cast<int>(e));
    }
  }

  std::vector<std::vector<int>> run() {
    const std::vector<BasicBlock> blocks = basic_blocks(code_);
    std::vector<EventSet> at_entry(blocks.size());
    std::vector<std::vector<int>> waits(code_.size());
    // Sets at the entries only grow, so this ends; waits for more than is open are harmless.
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t b = 0; b < blocks.size(); ++b) {
        EventSet open = at_entry[b];
        for (int at = blocks[b].begin; at < blocks[b].end; ++at) step(at, open, waits);
        for (const int next : blocks[b].successors) {
          EventSet& entry = at_entry[static_cast<std::size_t>(next)];
          const std::size_t before = entry.size();
          entry.insert(open.begin(), open.end());
          changed |= entry.size() != before;
        }
      }
    }
    return waits;
  }

 private:
  void step(int at, EventSet& open, std::vector<std::vector<int>>& waits) const {
    const auto index = static_cast<std::size_t>(at);
    const Operands o = operands(code_[index]);
    RegisterSet written;
    add(written, o.written);
    RegisterSet touched = written;
    for (const RegisterRange& range : o.read) add(touched, range);
    std::vector<int>& mine = waits[index];
    mine.clear();
    for (const int e : open) {
      const auto event = static_cast<std::size_t>(e);
      const RegisterSet& conflicts = events_[event].result ? touched : written;
      if ((registers_[event] & conflicts).any()) mine.push_back(e);
    }
    // A wait for operands is covered by one for the result of the same instruction.
    std::erase_if(mine, [&](int e) { return !is_result(e) && waits_for_result(mine, e); });
    for (const int e : mine) close(e, open);
    for (const int e : raised_[index]) open.insert(e);
  }

  bool is_result(int e) const { return events_[static_cast<std::size_t>(e)].result; }
  int producer(int e) const { return events_[static_cast<std::size_t>(e)].producer; }
  int counter(int e) const { return counters_[static_cast<std::size_t>(e)]; }

  bool waits_for_result(const std::vector<int>& waited, int e) const {
    return std::any_of(waited.begin(), waited.end(), [&](int other) {
      return is_result(other) && producer(other) == producer(e);
    });
  }

  void close(int waited, EventSet& open) const {
    std::set<int> done;  // producers
    for (const int e : open) {
      if (counter(e) == counter(waited) && is_result(e)) done.insert(producer(e));
    }
    std::erase_if(
        open, [&](int e) { return counter(e) == counter(waited) || done.count(producer(e)) != 0; });
  }

  const std::vector<Instruction>& code_;
  const std::vector<HazardEvent>& events_;
  const std::vector<int>& counters_;
  std::vector<std::vector<int>> raised_;  // events by instruction
  std::vector<RegisterSet> registers_;    // by event
};

}  // namespace

std::vector<BasicBlock> basic_blocks(const std::vector<Instruction>& code) {
  std::set<int> starts = {0};
  for (std::size_t at = 0; at < code.size(); ++at) {
    const Instruction& i = code[at];
    if (i.opcode == Opcode::kBra) starts.insert(i.target);
    if (i.opcode == Opcode::kBra || i.opcode == Opcode::kExit)
      starts.insert(static_cast<int>(at) + 1);
  }
  starts.erase(static_cast<int>(code.size()));
  std::vector<BasicBlock> blocks;
  std::map<int, int> block_at;
  for (const int start : starts) {
    if (!blocks.empty()) blocks.back().end = start;
    block_at[start] = static_cast<int>(blocks.size());
    blocks.push_back({start, static_cast<int>(code.size()), {}});
  }
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    const Instruction& last = code[static_cast<std::size_t>(blocks[b].end - 1)];
    const bool always = last.guard == kTruePredicate && !last.guard_negated;
    if (last.opcode == Opcode::kBra) blocks[b].successors.push_back(block_at.at(last.target));
    const bool leaves = always && (last.opcode == Opcode::kBra || last.opcode == Opcode::kExit);
    if (!leaves && b + 1 < blocks.size()) blocks[b].successors.push_back(static_cast<int>(b) + 1);
  }
  return blocks;
}

std::vector<HazardEvent> hazard_events(const std::vector<Instruction>& code) {
  std::vector<HazardEvent> events;
  for (std::size_t at = 0; at < code.size(); ++at) {
    if (has_fixed_latency(info(code[at].opcode).unit)) continue;
    const Operands o = operands(code[at]);
    const int producer = static_cast<int>(at);
    if (o.written.count > 0 && o.written.first != kZeroRegister) {
      events.push_back({producer, true, {o.written}});
    }
    std::vector<RegisterRange> read;
    for (const RegisterRange& range : o.read) {
      if (range.count > 0 && range.first != kZeroRegister) read.push_back(range);
    }
    if (!read.empty()) events.push_back({producer, false, read});
  }
  return events;
}

std::vector<std::vector<int>> find_waits(const std::vector<Instruction>& code,
                                         const std::vector<HazardEvent>& events,
                                         const std::vector<int>& counters) {
  return Flow(code, events, counters).run();
}

}  // namespace metronome::gpu
