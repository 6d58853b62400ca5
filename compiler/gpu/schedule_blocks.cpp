// SPDX-License-Identifier: Apache-2.0
#include "compiler/gpu/schedule_blocks.h"

#include <algorithm>
#include <set>

#include "compiler/gpu/latency.h"

namespace metronome::gpu {
namespace {

struct Edge {
  int to = 0;
  Cycle latency = 1;
};

/// Who last wrote a place, and who has read it since.
struct History {
  int writer = -1;
  std::vector<int> readers;
};

enum class MemoryKind : std::uint8_t { kNone, kReads, kWrites, kOrders };

MemoryKind memory_kind(const Instruction& i) {
  if (!touches_memory(i)) return MemoryKind::kNone;
  if (i.opcode == Opcode::kStg || i.opcode == Opcode::kSts) return MemoryKind::kWrites;
  const bool load = info(i.opcode).format == Format::kLoad && i.cache != CacheUse::kStrong;
  return load ? MemoryKind::kReads : MemoryKind::kOrders;
}

/// What must come before what within the instructions [begin, end).
class Dependences {
 public:
  Dependences(const VirtualCode& code, int begin, int end, const GpuSpec& spec)
      : code_(code), begin_(begin), spec_(spec) {
    edges.resize(static_cast<std::size_t>(end - begin));
    predecessors.resize(edges.size(), 0);
    int words = 0;
    for (const int group : code.groups) {
      first_word_.push_back(words);
      words += group;
    }
    words_.resize(static_cast<std::size_t>(words));
    flags_.resize(static_cast<std::size_t>(code.flags));
    for (int at = begin; at < end; ++at) add(at - begin);
  }

  std::vector<std::vector<Edge>> edges;
  std::vector<int> predecessors;

 private:
  const VirtualInstruction& instruction(int at) const {
    return code_.code[static_cast<std::size_t>(begin_ + at)];
  }
  void edge(int from, int to, Cycle latency) {
    if (from < 0 || from == to) return;
    edges[static_cast<std::size_t>(from)].push_back({to, latency});
    ++predecessors[static_cast<std::size_t>(to)];
  }
  void read(History& h, int at) {
    if (h.writer >= 0) edge(h.writer, at, expected_latency(instruction(h.writer).i, spec_));
    h.readers.push_back(at);
  }
  void write(History& h, int at) {
    edge(h.writer, at, 1);
    for (const int reader : h.readers) edge(reader, at, 1);
    h.writer = at;
    h.readers.clear();
  }
  template <typename F>
  void each_word(const Value& v, int count, const F& f) {
    if (v.none()) return;
    const int first = first_word_[static_cast<std::size_t>(v.group)] + v.first;
    for (int w = first; w < first + count; ++w) f(words_[static_cast<std::size_t>(w)]);
  }
  History& flag(const Flag& f) { return flags_[static_cast<std::size_t>(f.id)]; }

  void add(int at) {
    const VirtualInstruction& v = instruction(at);
    for (const Value& source : {v.a, v.b, v.c}) {
      each_word(source, source.words, [&](History& h) { read(h, at); });
    }
    if (!v.guard.none()) read(flag(v.guard), at);
    if (!v.selected.none()) read(flag(v.selected), at);
    each_word(v.d, v.d.words, [&](History& h) {
      if (!v.guard.none()) read(h, at);  // lanes outside keep what was there
      write(h, at);
    });
    if (!v.compared.none()) write(flag(v.compared), at);
    add_memory(v.i, at);
  }

  /// Loads pass loads; anything else that touches memory keeps its place among such.
  void add_memory(const Instruction& i, int at) {
    const MemoryKind kind = memory_kind(i);
    if (kind == MemoryKind::kNone) return;
    if (kind == MemoryKind::kReads) {
      edge(memory_.writer, at, 1);
      memory_.readers.push_back(at);
      return;
    }
    write(memory_, at);
  }

  const VirtualCode& code_;
  int begin_;
  const GpuSpec& spec_;
  std::vector<int> first_word_;
  std::vector<History> words_;
  std::vector<History> flags_;
  History memory_;
};

/// The longest way from each instruction to the end.
std::vector<Cycle> heights(const Dependences& d) {
  std::vector<Cycle> height(d.edges.size(), 0);
  for (std::size_t at = d.edges.size(); at-- > 0;) {
    for (const Edge& e : d.edges[at]) {
      height[at] = std::max(height[at], e.latency + height[static_cast<std::size_t>(e.to)]);
    }
  }
  return height;
}

std::vector<int> order_of(const Dependences& d) {
  const std::vector<Cycle> height = heights(d);
  const auto more_urgent = [&](int a, int b) {
    const Cycle x = height[static_cast<std::size_t>(a)];
    const Cycle y = height[static_cast<std::size_t>(b)];
    return x != y ? x > y : a < b;
  };
  std::set<int, decltype(more_urgent)> ready(more_urgent);
  std::set<std::pair<Cycle, int>> coming;
  std::vector<int> missing = d.predecessors;
  std::vector<Cycle> earliest(missing.size(), 0);
  for (std::size_t at = 0; at < missing.size(); ++at) {
    if (missing[at] == 0) ready.insert(static_cast<int>(at));
  }
  std::vector<int> order;
  Cycle now = 0;
  while (order.size() < missing.size()) {
    while (!coming.empty() && coming.begin()->first <= now) {
      ready.insert(coming.begin()->second);
      coming.erase(coming.begin());
    }
    if (ready.empty()) {
      now = coming.begin()->first;
      continue;
    }
    const int at = *ready.begin();
    ready.erase(ready.begin());
    order.push_back(at);
    for (const Edge& e : d.edges[static_cast<std::size_t>(at)]) {
      const auto to = static_cast<std::size_t>(e.to);
      earliest[to] = std::max(earliest[to], now + e.latency);
      if (--missing[to] == 0) coming.insert({earliest[to], e.to});
    }
    ++now;
  }
  return order;
}

void schedule(VirtualCode& code, int begin, int end, const GpuSpec& spec) {
  if (end - begin < 2) return;
  const std::vector<int> order = order_of(Dependences(code, begin, end, spec));
  std::vector<VirtualInstruction> sorted;
  sorted.reserve(order.size());
  for (const int at : order) sorted.push_back(code.code[static_cast<std::size_t>(begin + at)]);
  std::move(sorted.begin(), sorted.end(), code.code.begin() + begin);
}

}  // namespace

void schedule_blocks(VirtualCode& code, const GpuSpec& spec) {
  std::set<int> starts(code.labels.begin(), code.labels.end());
  for (const LoopRange& loop : code.loops) starts.insert(loop.begin);
  int begin = 0;
  for (int at = 0; at < static_cast<int>(code.code.size()); ++at) {
    if (starts.count(at) != 0) {
      schedule(code, begin, at, spec);
      begin = at;
    }
    const Opcode opcode = code.code[static_cast<std::size_t>(at)].i.opcode;
    if (opcode == Opcode::kBra || opcode == Opcode::kExit) {
      schedule(code, begin, at, spec);
      begin = at + 1;
    }
  }
  schedule(code, begin, static_cast<int>(code.code.size()), spec);
}

}  // namespace metronome::gpu
