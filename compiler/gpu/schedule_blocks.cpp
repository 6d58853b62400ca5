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
    return code_.code[static_cast<std::size_t>(begin_) + static_cast<std::size_t>(at)];
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

/// Flags that a block has written and not read for the last time. A warp has few predicates, so
/// compares wait until flags are free; registers are many, and loads are not held up.
class OpenFlags {
 public:
  OpenFlags(const VirtualCode& code, int begin, int end)
      : reads_(static_cast<std::size_t>(code.flags), 0), open_(reads_.size(), false) {
    for (int at = begin; at < end; ++at) {
      for (const Flag& f : reads(code.code[static_cast<std::size_t>(at)])) ++reads_[index(f)];
    }
  }

  bool allow(const VirtualInstruction& v) const { return v.compared.none() || count_ < kMost; }
  void note(const VirtualInstruction& v) {
    for (const Flag& f : reads(v)) {
      if (--reads_[index(f)] == 0 && open_[index(f)]) --count_;
    }
    if (v.compared.none()) return;
    open_[index(v.compared)] = true;
    ++count_;
  }

 private:
  static constexpr int kMost = 4;  // others come into the block from before
  static std::size_t index(const Flag& f) { return static_cast<std::size_t>(f.id); }
  static std::vector<Flag> reads(const VirtualInstruction& v) {
    std::vector<Flag> flags;
    if (!v.guard.none()) flags.push_back(v.guard);
    if (!v.selected.none()) flags.push_back(v.selected);
    return flags;
  }

  std::vector<int> reads_;
  std::vector<bool> open_;
  int count_ = 0;
};

class Order {
 public:
  Order(const VirtualCode& code, int begin, int end, const GpuSpec& spec)
      : first_(code.code.begin() + begin),
        dependences_(code, begin, end, spec),
        flags_(code, begin, end),
        missing_(dependences_.predecessors),
        earliest_(missing_.size(), 0),
        ready_(MoreUrgent{heights(dependences_)}) {
    for (std::size_t at = 0; at < missing_.size(); ++at) {
      if (missing_[at] == 0) ready_.insert(static_cast<int>(at));
    }
  }

  std::vector<int> run() {
    std::vector<int> order;
    for (Cycle now = 0; order.size() < missing_.size();) {
      while (!coming_.empty() && coming_.begin()->first <= now) {
        ready_.insert(coming_.begin()->second);
        coming_.erase(coming_.begin());
      }
      const int at = take();
      if (at < 0) {
        now = coming_.begin()->first;
        continue;
      }
      order.push_back(at);
      issue(at, now++);
    }
    return order;
  }

 private:
  struct MoreUrgent {
    std::vector<Cycle> height;
    bool operator()(int a, int b) const {
      const Cycle x = height[static_cast<std::size_t>(a)];
      const Cycle y = height[static_cast<std::size_t>(b)];
      return x != y ? x > y : a < b;
    }
  };

  /// The most urgent that may go; -1 if it is better to wait for what is coming.
  int take() {
    auto chosen = std::find_if(ready_.begin(), ready_.end(),
                               [&](int at) { return flags_.allow(first_[at]); });
    if (chosen == ready_.end() && coming_.empty()) {
      // Compares only: the first of the code is the one whose flag is read soonest.
      chosen = std::min_element(ready_.begin(), ready_.end());
    }
    if (chosen == ready_.end()) return -1;
    const int at = *chosen;
    ready_.erase(chosen);
    return at;
  }

  void issue(int at, Cycle now) {
    flags_.note(first_[at]);
    for (const Edge& e : dependences_.edges[static_cast<std::size_t>(at)]) {
      const auto to = static_cast<std::size_t>(e.to);
      earliest_[to] = std::max(earliest_[to], now + e.latency);
      if (--missing_[to] == 0) coming_.insert({earliest_[to], e.to});
    }
  }

  std::vector<VirtualInstruction>::const_iterator first_;
  Dependences dependences_;
  OpenFlags flags_;
  std::vector<int> missing_;  // predecessors not yet issued
  std::vector<Cycle> earliest_;
  std::set<int, MoreUrgent> ready_;
  std::set<std::pair<Cycle, int>> coming_;
};

void schedule(VirtualCode& code, int begin, int end, const GpuSpec& spec) {
  if (end - begin < 2) return;
  const std::vector<int> order = Order(code, begin, end, spec).run();
  std::vector<VirtualInstruction> sorted;
  sorted.reserve(order.size());
  const auto first = code.code.begin() + begin;
  for (const int at : order) sorted.push_back(first[at]);
  std::move(sorted.begin(), sorted.end(), first);
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
