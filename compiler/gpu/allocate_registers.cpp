// SPDX-License-Identifier: Apache-2.0
#include "compiler/gpu/allocate_registers.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "hw/isa/error.h"

namespace metronome::gpu {
namespace {

constexpr int kMostRegisters = 255;  // R255 is RZ
constexpr int kMostPredicates = 7;   // P7 is PT
constexpr int kRegisterStep = 8;     // registers of a thread are given out in eights

/// Mentions of a value: [begin, end].
struct Interval {
  int begin = -1;
  int end = -1;
  void mention(int at) {
    if (begin < 0) begin = at;
    end = at;
  }
};

struct Intervals {
  std::vector<Interval> groups;
  std::vector<Interval> flags;
};

/// Loops come inner first, so one pass carries an end outwards.
void extend(std::vector<Interval>& intervals, const std::vector<LoopRange>& loops) {
  for (const LoopRange& loop : loops) {
    for (Interval& v : intervals) {
      if (v.begin < loop.begin && v.end >= loop.begin) v.end = std::max(v.end, loop.end);
    }
  }
}

Intervals find_intervals(const VirtualCode& code) {
  Intervals all;
  all.groups.resize(code.groups.size());
  all.flags.resize(static_cast<std::size_t>(code.flags));
  for (std::size_t at = 0; at < code.code.size(); ++at) {
    const VirtualInstruction& v = code.code[at];
    for (const Value& value : {v.d, v.a, v.b, v.c}) {
      if (!value.none())
        all.groups[static_cast<std::size_t>(value.group)].mention(static_cast<int>(at));
    }
    for (const Flag& flag : {v.guard, v.compared, v.selected}) {
      if (!flag.none()) all.flags[static_cast<std::size_t>(flag.id)].mention(static_cast<int>(at));
    }
  }
  extend(all.groups, code.loops);
  extend(all.flags, code.loops);
  return all;
}

std::vector<std::size_t> by_begin(const std::vector<Interval>& intervals) {
  std::vector<std::size_t> order(intervals.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return intervals[a].begin < intervals[b].begin;
  });
  return order;
}

/// How one of several free places is chosen: the lowest keeps the count small; the one that has
/// been free longest keeps instructions in flight apart from those that overwrite their registers.
enum class Choice : std::uint8_t { kLowest, kLongestFree };

class Scan {
 public:
  Scan(const std::vector<Interval>& intervals, const std::vector<int>& words)
      : intervals_(intervals), words_(words) {}

  /// First register of each group, -1 if never mentioned; empty if `limit` is too few.
  std::vector<int> run(int limit, Choice choice) {
    busy_until_.fill(-1);
    used_ = 0;
    std::vector<int> first(intervals_.size(), -1);
    for (const std::size_t v : by_begin(intervals_)) {
      if (intervals_[v].begin < 0) continue;
      first[v] = find(intervals_[v].begin, words_[v], limit, choice);
      if (first[v] < 0) return {};
      std::fill_n(busy_until_.begin() + first[v], words_[v], intervals_[v].end);
      used_ = std::max(used_, first[v] + words_[v]);
    }
    return first;
  }
  int used() const { return used_; }

 private:
  int find(int begin, int words, int limit, Choice choice) const {
    int best = -1;
    int best_until = begin;
    for (int r = 0; r + words <= limit; r += words) {
      const auto place = busy_until_.begin() + r;
      const int until = *std::max_element(place, place + words);
      if (until >= begin) continue;
      if (choice == Choice::kLowest) return r;
      if (until >= best_until) continue;
      best = r;
      best_until = until;
    }
    return best;
  }

  const std::vector<Interval>& intervals_;
  const std::vector<int>& words_;
  std::array<int, kMostRegisters> busy_until_{};
  int used_ = 0;
};

std::vector<int> spread(Scan& scan, int least) {
  for (int limit = least; limit < kMostRegisters; limit += kRegisterStep) {
    std::vector<int> first = scan.run(limit, Choice::kLongestFree);
    if (!first.empty()) return first;
  }
  return scan.run(kMostRegisters, Choice::kLowest);
}

Register place(const std::vector<int>& first, const Value& v) {
  if (v.none()) return kZeroRegister;
  return static_cast<Register>(first[static_cast<std::size_t>(v.group)] + v.first);
}

Predicate place(const std::vector<int>& first, const Flag& f) {
  return f.none() ? kTruePredicate : static_cast<Predicate>(first[static_cast<std::size_t>(f.id)]);
}

}  // namespace

AllocatedCode allocate_registers(const VirtualCode& code, const std::string& kernel) {
  const Intervals intervals = find_intervals(code);
  Scan registers(intervals.groups, code.groups);
  const bool any = !code.groups.empty();
  check(!any || !registers.run(kMostRegisters, Choice::kLowest).empty(), kernel, 0,
        "more values are needed at once than a thread has registers");
  const int least = (registers.used() + kRegisterStep - 1) / kRegisterStep * kRegisterStep;
  const std::vector<int> first = any ? spread(registers, least) : std::vector<int>{};
  const std::vector<int> single(intervals.flags.size(), 1);
  Scan predicates(intervals.flags, single);
  const std::vector<int> flags = predicates.run(kMostPredicates, Choice::kLongestFree);
  check(flags.size() == intervals.flags.size(), kernel, 0,
        "more flags are needed at once than a warp has predicates");
  AllocatedCode result;
  result.registers = registers.used();
  for (const VirtualInstruction& v : code.code) {
    Instruction i = v.i;
    i.d = place(first, v.d);
    i.a = place(first, v.a);
    i.b = place(first, v.b);
    i.c = place(first, v.c);
    i.guard = place(flags, v.guard);
    i.guard_negated = v.guard.negated;
    if (!v.compared.none()) i.predicate = place(flags, v.compared);
    if (!v.selected.none()) i.predicate = place(flags, v.selected);
    if (v.label >= 0) i.target = code.labels[static_cast<std::size_t>(v.label)];
    result.code.push_back(i);
  }
  return result;
}

}  // namespace metronome::gpu
