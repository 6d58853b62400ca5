// SPDX-License-Identifier: Apache-2.0
#include "tests/compiler/mutate.h"

#include <fmt/core.h>

#include <algorithm>
#include <tuple>
#include <vector>

#include "hw/isa/lpu/assembly.h"
#include "tests/compiler/issue_parts.h"

namespace metronome::compiler::testing {
namespace {

using lpu::Field;
using lpu::Format;
using lpu::Issue;
using lpu::StreamGroup;

class Mutator {
 public:
  Mutator(const lpu::Program& original, const lpu::ChipSpec& spec, Fault fault,
          std::mt19937_64& random)
      : spec_(spec), queues_(lpu::queues(spec)), random_(random) {
    mutation_.fault = fault;
    mutation_.program = original;
  }

  std::optional<Mutation> run() {
    // A pick may change nothing: pick again.
    for (int attempt = 0; attempt < 50; ++attempt) {
      if (!choose()) return std::nullopt;
      if (apply()) {
        finish();
        return std::move(mutation_);
      }
    }
    return std::nullopt;
  }

 private:
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }

  bool suits(const Issue& i) const {
    switch (mutation_.fault) {
      case Fault::kEarlier:
      case Fault::kLater:
      case Fault::kCount:
        return true;
      case Fault::kSwapStreams:
      case Fault::kOtherStream:
      case Fault::kDirection:
      case Fault::kWidth:
        return !streams_of(i.instruction).empty();
      case Fault::kBank:
      case Fault::kAddress:
        return is_memory(i);
      case Fault::kStep:
        return is_memory(i) && i.count > 1;
      case Fault::kDropWrite:
      case Fault::kDoubleWrite:
        return is_write(i);
      case Fault::kSlot:
        return op(i).unit == lpu::Unit::kMxmAccumulate;
      case Fault::kRows:
        return op(i).format == Format::kInstall;
      case Fault::kRow:
        return op(i).format == Format::kLoadWeights;
    }
    return false;
  }

  /// Picks one issue among those that the fault can befall, and takes it out of its train.
  bool choose() {
    std::vector<std::pair<std::size_t, std::size_t>> places;
    const auto& all = mutation_.program.queues;
    for (std::size_t q = 0; q < all.size(); ++q) {
      for (std::size_t i = 0; i < all[q].issues.size(); ++i) {
        if (suits(all[q].issues[i])) places.emplace_back(q, i);
      }
    }
    if (places.empty()) return false;
    std::tie(queue_, at_) = places[below(places.size())];
    return true;
  }

  std::vector<Issue>& issues() { return mutation_.program.queues[queue_].issues; }
  Issue& victim() { return issues()[at_]; }

  void isolate() {
    const Issue whole = victim();
    if (whole.count == 1) return;
    const auto repeat = static_cast<int>(below(static_cast<std::size_t>(whole.count)));
    std::vector<Issue> parts;
    if (repeat > 0) parts.push_back(issues_from(whole, 0, repeat));
    parts.push_back(issues_from(whole, repeat, 1));
    if (repeat + 1 < whole.count) {
      parts.push_back(issues_from(whole, repeat + 1, whole.count - repeat - 1));
    }
    auto& list = issues();
    list.erase(list.begin() + static_cast<std::ptrdiff_t>(at_));
    list.insert(list.begin() + static_cast<std::ptrdiff_t>(at_), parts.begin(), parts.end());
    if (repeat > 0) ++at_;
  }

  void note(const std::string& text) {
    const Issue& i = victim();
    const auto queue = static_cast<std::size_t>(mutation_.program.queues[queue_].queue);
    mutation_.text = fmt::format("{}: {} at cycle {} ({} {}): {}", name_of(mutation_.fault),
                                 queues_[queue].path, i.cycle + lpu::barrier_cycles(),
                                 op(i).mnemonic, lpu::operand_text(i.instruction), text);
  }

  bool apply() {
    switch (mutation_.fault) {
      case Fault::kEarlier:
        return move(-1);
      case Fault::kLater:
        return move(1);
      case Fault::kSwapStreams:
        return swap_streams();
      case Fault::kOtherStream:
      case Fault::kDirection:
      case Fault::kWidth:
        return change_stream();
      case Fault::kBank:
      case Fault::kAddress:
        return change_address();
      case Fault::kStep:
        note("step changed");
        victim().address_step += below(2) == 0 ? 1 : -1;
        return true;
      case Fault::kDropWrite:
        return drop();
      case Fault::kDoubleWrite:
        return repeat_write();
      case Fault::kSlot:
        isolate();
        return change(Field::kSlot, victim().instruction.get(Field::kSlot) + 1 + below(3));
      case Fault::kRows:
        return change(Field::kRows, below(static_cast<std::size_t>(spec_.lanes()) + 8) + 1);
      case Fault::kRow:
        isolate();
        return change(Field::kRow, below(static_cast<std::size_t>(spec_.lanes()) + 16) / 8 * 8);
      case Fault::kCount:
        return change_count();
    }
    return false;
  }

  bool move(lpu::Cycle by) {
    isolate();
    if (victim().cycle + by < 0) return false;
    note(fmt::format("moved by {} cycle", by));
    victim().cycle += by;
    return true;
  }

  bool change(Field field, std::size_t value) {
    const auto bits = static_cast<std::uint32_t>(value);
    if (victim().instruction.get(field) == bits) return false;
    note(fmt::format("set to {}", bits));
    victim().instruction.set(field, bits);
    return true;
  }

  StreamField pick_stream(const Issue& issue) {
    const auto all = streams_of(issue.instruction);
    return all[below(all.size())];
  }

  bool swap_streams() {
    isolate();
    const StreamField mine = pick_stream(victim());
    const StreamGroup group = mine.get(victim().instruction);
    std::vector<Issue*> others;
    for (auto& queue : mutation_.program.queues) {
      for (Issue& i : queue.issues) {
        // Near in time, where a mix-up is likely to go unnoticed.
        if (std::abs(i.cycle - victim().cycle) > 40) continue;
        for (const StreamField& f : streams_of(i.instruction)) {
          const StreamGroup g = f.get(i.instruction);
          if (g.width == group.width && !(g == group)) others.push_back(&i);
        }
      }
    }
    if (others.empty()) return false;
    Issue& other = *others[below(others.size())];
    const StreamField theirs = pick_stream(other);
    const StreamGroup their_group = theirs.get(other.instruction);
    if (their_group.width != group.width || their_group == group) return false;
    note(fmt::format("{} and {} swapped", to_string(group), to_string(their_group)));
    theirs.set(other.instruction, group);
    mine.set(victim().instruction, their_group);
    return true;
  }

  bool change_stream() {
    isolate();
    const StreamField field = pick_stream(victim());
    StreamGroup group = field.get(victim().instruction);
    const StreamGroup before = group;
    if (mutation_.fault == Fault::kDirection) {
      group.direction =
          group.direction == lpu::Direction::kEast ? lpu::Direction::kWest : lpu::Direction::kEast;
    } else if (mutation_.fault == Fault::kWidth) {
      group.width = static_cast<std::uint8_t>(1U << below(5));
      group.first = static_cast<std::uint8_t>(group.first / group.width * group.width);
    } else {
      const auto groups = static_cast<std::size_t>(spec_.streams) / group.width;
      group.first = static_cast<std::uint8_t>(below(groups) * group.width);
    }
    if (group == before) return false;
    note(fmt::format("{} became {}", to_string(before), to_string(group)));
    field.set(victim().instruction, group);
    return true;
  }

  bool change_address() {
    isolate();
    const auto words = static_cast<std::size_t>(spec_.words_per_slice());
    const std::uint32_t old = victim().instruction.get(Field::kAddress);
    std::size_t address = old;
    if (mutation_.fault == Fault::kBank) {
      address ^= static_cast<std::size_t>(spec_.words_per_bank);
    } else if (below(3) != 0) {
      // A neighbour, which more likely holds something.
      address = (old + words + (below(2) == 0 ? 1 : words - 1)) % words;
    } else {
      address = below(words);
    }
    return change(Field::kAddress, address);
  }

  bool drop() {
    isolate();
    note("dropped");
    issues().erase(issues().begin() + static_cast<std::ptrdiff_t>(at_));
    return true;
  }

  /// Once more, at the same address or, half the time, at another.
  bool repeat_write() {
    isolate();
    Issue again = victim();
    again.cycle += 1 + static_cast<lpu::Cycle>(below(4));
    if (below(2) == 0) {
      const std::size_t address = again.instruction.get(Field::kAddress) + 1 + below(4);
      const auto words = static_cast<std::size_t>(spec_.words_per_slice());
      again.instruction.set(Field::kAddress, static_cast<std::uint32_t>(address % words));
    }
    note(fmt::format("again at cycle {}, address {}", again.cycle + lpu::barrier_cycles(),
                     again.instruction.get(Field::kAddress)));
    issues().push_back(again);
    return true;
  }

  bool change_count() {
    const int by = victim().count > 1 && below(2) == 0 ? -1 : 1;
    victim().stride = std::max(victim().stride, op(victim()).busy_cycles);
    note(fmt::format("count changed by {}", by));
    victim().count += by;
    return true;
  }

  /// What every emitted program obeys: queues in order of time, none of them empty.
  void finish() {
    auto& queues = mutation_.program.queues;
    for (lpu::QueueProgram& q : queues) {
      std::stable_sort(q.issues.begin(), q.issues.end(),
                       [](const Issue& a, const Issue& b) { return a.cycle < b.cycle; });
    }
    std::erase_if(queues, [](const lpu::QueueProgram& q) { return q.issues.empty(); });
  }

  const lpu::ChipSpec& spec_;
  std::vector<lpu::QueueInfo> queues_;
  std::mt19937_64& random_;
  Mutation mutation_;
  std::size_t queue_ = 0;
  std::size_t at_ = 0;
};

}  // namespace

const char* name_of(Fault fault) {
  constexpr const char* kNames[kFaults] = {
      "earlier", "later", "swapped streams", "other stream",  "direction", "width", "bank",
      "address", "step",  "dropped write",   "doubled write", "slot",      "rows",  "row",
      "count"};
  return kNames[static_cast<int>(fault)];
}

std::optional<Mutation> mutate(const lpu::Program& original, const lpu::ChipSpec& spec, Fault fault,
                               std::mt19937_64& random) {
  return Mutator(original, spec, fault, random).run();
}

}  // namespace metronome::compiler::testing
