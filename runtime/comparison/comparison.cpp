// SPDX-License-Identifier: Apache-2.0
#include "runtime/comparison/comparison.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "hw/isa/error.h"
#include "runtime/comparison/cause_effects.h"
#include "runtime/generation/sampler.h"

namespace metronome::comparison {
namespace {

using Logits = std::vector<float>;

std::int32_t likeliest(std::span<const float> logits) {
  return runtime::Sampler(runtime::SamplingOptions{}).pick(logits);
}

double margin(std::span<const float> logits, std::int32_t high, std::int32_t low) {
  return static_cast<double>(logits[static_cast<std::size_t>(high)]) -
         static_cast<double>(logits[static_cast<std::size_t>(low)]);
}

bool same_bits(std::span<const float> a, std::span<const float> b) {
  return std::ranges::equal(a, b, [](float x, float y) {
    return std::bit_cast<std::uint32_t>(x) == std::bit_cast<std::uint32_t>(y);
  });
}

/// Feeds one machine all its runs.
class MachineRuns {
 public:
  MachineRuns(Machine& machine, Comparison& all, std::vector<Logits>& first_logits,
              const OnToken& on_token)
      : machine_(machine), all_(all), first_logits_(first_logits), on_token_(on_token) {
    result_.name = machine.name();
    result_.clock_hz = machine.clock_hz();
    result_.access_text = machine.access_text();
  }

  /// The first machine's first run: it finds the tokens that everybody is fed.
  void choose_tokens(const std::function<bool(std::int32_t)>& ends) {
    const Settings& settings = all_.settings;
    chooses_ = true;
    start_run(0);
    all_.fed = settings.prompt;
    for (std::size_t at = 0; at < all_.fed.size(); ++at) {
      const std::span<const float> logits = feed(all_.fed[at]);
      first_logits_.emplace_back(logits.begin(), logits.end());
      if (at + 1 < all_.fed.size()) continue;
      const std::int32_t next = likeliest(logits);
      all_.ended = ends(next);
      if (all_.ended) break;
      all_.generated.push_back(next);
      if (static_cast<std::int64_t>(all_.generated.size()) < settings.tokens) {
        all_.fed.push_back(next);
      }
    }
    end_run();
  }

  void run(std::int64_t index) {
    const bool first_run = own_logits_.empty() && !chooses_;
    start_run(index);
    for (std::size_t at = 0; at < all_.fed.size(); ++at) {
      const std::span<const float> logits = feed(all_.fed[at]);
      if (first_run) {
        compare_with_first(at, logits);
        own_logits_.emplace_back(logits.begin(), logits.end());
      } else if (!same_bits(logits, chooses_ ? first_logits_[at] : own_logits_[at])) {
        result_.same_logits = false;
      }
    }
    end_run();
  }

  MachineResult finish() {
    take_median_parts();
    measure_causes(machine_, all_, result_, [&](std::int64_t tokens) { tell(tokens); });
    return std::move(result_);
  }

  void set_tokens(std::int64_t tokens) { tokens_ = tokens; }

 private:
  void tell(std::int64_t tokens) {
    on_token_(machine_, done_, tokens_);
    done_ += tokens;
  }

  void start_run(std::int64_t index) {
    const std::uint64_t seed = all_.settings.seed + static_cast<std::uint64_t>(index);
    machine_.begin(seed);
    result_.runs.push_back({seed, {}});
  }

  std::span<const float> feed(std::int32_t token) {
    tell(1);
    const TokenCost cost = machine_.step(token);
    result_.runs.back().cycles.push_back(cost.cycles);
    return cost.logits;
  }

  void end_run() {
    const std::vector<Piece> pieces = machine_.pieces();
    if (result_.pieces.empty()) {
      for (const Piece& p : pieces) result_.pieces.push_back({p.kind, p.name, p.group, {}});
    }
    check(pieces.size() == result_.pieces.size(), result_.name, 0, "two runs differ in pieces");
    for (std::size_t i = 0; i < pieces.size(); ++i) result_.pieces[i].cycles.add(pieces[i].cycles);
    parts_.push_back(machine_.time_parts());
    machine_.add_accesses(result_.accesses);
  }

  void compare_with_first(std::size_t at, std::span<const float> logits) {
    const Logits& first = first_logits_[at];
    for (std::size_t i = 0; i < logits.size(); ++i) {
      const double difference = std::abs(static_cast<double>(logits[i]) - first[i]);
      result_.largest_logit_difference = std::max(result_.largest_logit_difference, difference);
    }
    const std::int32_t wanted = likeliest(first);
    const std::int32_t found = likeliest(logits);
    if (wanted == found) return;
    result_.disagreements.push_back({static_cast<std::int64_t>(at), wanted, found,
                                     margin(first, wanted, found), margin(logits, found, wanted)});
  }

  void take_median_parts() {
    const std::size_t last = all_.fed.size() - 1;
    const Cycle median = result_.at_position(last).p50;
    for (std::size_t r = 0; r < result_.runs.size(); ++r) {
      if (result_.runs[r].cycles[last] != median) continue;
      result_.time_seed = result_.runs[r].seed;
      result_.time_parts = parts_[r];
      return;
    }
  }

  Machine& machine_;
  Comparison& all_;
  std::vector<Logits>& first_logits_;  // by position
  const OnToken& on_token_;
  MachineResult result_;
  bool chooses_ = false;
  std::vector<Logits> own_logits_;  // of the first run, where it is not the one that chooses
  std::vector<std::vector<TimePart>> parts_;  // by run
  std::int64_t done_ = 0;
  std::int64_t tokens_ = 0;
};

}  // namespace

Distribution MachineResult::cycles_at(std::size_t position) const {
  Distribution cycles;
  for (const RunSeries& run : runs) cycles.add(run.cycles[position]);
  return cycles;
}

Distribution MachineResult::cycles_of_all_tokens() const {
  Distribution cycles;
  for (const RunSeries& run : runs) {
    for (const Cycle c : run.cycles) cycles.add(c);
  }
  return cycles;
}

Summary MachineResult::group(Piece::Kind kind, const std::string& wanted) const {
  Distribution cycles;
  for (const PieceCycles& piece : pieces) {
    if (piece.kind == kind && piece.group == wanted) cycles.add(piece.cycles);
  }
  return cycles.summary();
}

std::vector<std::string> MachineResult::groups(Piece::Kind kind) const {
  std::vector<std::string> names;
  for (const PieceCycles& piece : pieces) {
    if (piece.kind != kind || std::ranges::find(names, piece.group) != names.end()) continue;
    names.push_back(piece.group);
  }
  return names;
}

Comparison compare(const std::vector<std::unique_ptr<Machine>>& machines, const Settings& settings,
                   const std::function<bool(std::int32_t)>& ends, const OnToken& on_token) {
  Comparison all;
  all.settings = settings;
  std::vector<Logits> first_logits;
  for (const std::unique_ptr<Machine>& machine : machines) {
    const bool first = machine == machines.front();
    MachineRuns runs(*machine, all, first_logits, on_token);
    const auto fed = static_cast<std::int64_t>(settings.prompt.size()) + settings.tokens - 1;
    runs.set_tokens(tokens_to_feed(*machine, settings, first ? fed : std::ssize(all.fed)));
    if (first) runs.choose_tokens(ends);
    runs.set_tokens(tokens_to_feed(*machine, settings, std::ssize(all.fed)));
    for (std::int64_t r = first ? 1 : 0; r < settings.runs; ++r) runs.run(r);
    all.machines.push_back(runs.finish());
  }
  return all;
}

}  // namespace metronome::comparison
