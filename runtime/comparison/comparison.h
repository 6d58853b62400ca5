// SPDX-License-Identifier: Apache-2.0
// The same tokens on several machines, many times over: what varies, by how much, and why.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/comparison/machine.h"

namespace metronome::comparison {

struct Settings {
  std::vector<std::int32_t> prompt;
  std::int64_t tokens = 1;  // to generate; the last is never fed
  std::int64_t runs = 1;    // of each machine; run r has the seed `seed` + r
  std::uint64_t seed = 0;
  std::int64_t cause_runs = 20;  // at most so many for each cause, and never more than `runs`
};

struct RunSeries {
  std::uint64_t seed = 0;
  std::vector<Cycle> cycles;  // by position
};

/// A piece of the last position's token over all runs.
struct PieceCycles {
  Piece::Kind kind = Piece::Kind::kKernel;
  std::string name;
  std::string group;
  Distribution cycles;
};

/// What a cause adds to the token at the last position, against the fixed run; may be negative.
struct CauseEffect {
  CauseFact fact;
  Distribution added;  // nothing where the cause is absent
};

/// A machine's likeliest token is another than the first machine's.
struct Disagreement {
  std::int64_t position = 0;
  std::int32_t first = 0;  // the first machine's choice
  std::int32_t found = 0;
  double first_margin = 0;  // by how much the first machine's logits prefer its own
  double found_margin = 0;
};

struct MachineResult {
  std::string name;
  std::int64_t clock_hz = 0;
  std::vector<RunSeries> runs;
  std::vector<PieceCycles> pieces;
  Distribution accesses;  // of all runs
  std::string access_text;
  std::uint64_t time_seed = 0;       // the run whose last token is the median one
  std::vector<TimePart> time_parts;  // of that token; add up to its cycles
  Cycle fixed_cycles = 0;            // of the run that causes are compared with
  std::vector<CauseEffect> causes;
  CauseEffect all_causes;  // together
  std::vector<Disagreement> disagreements;
  double largest_logit_difference = 0;  // from the first machine's, at any position
  bool same_logits = true;              // bit for bit, in every run

  /// Of the tokens at a position, over all runs.
  Distribution cycles_at(std::size_t position) const;
  Distribution cycles_of_all_tokens() const;
  Summary at_position(std::size_t position) const { return cycles_at(position).summary(); }
  Summary pooled() const { return cycles_of_all_tokens().summary(); }
  /// Of the pieces of a kind and group taken together, by the order of their time.
  Summary group(Piece::Kind kind, const std::string& wanted) const;
  std::vector<std::string> groups(Piece::Kind kind) const;
};

struct Comparison {
  Settings settings;
  std::vector<std::int32_t> fed;        // by position
  std::vector<std::int32_t> generated;  // as the first machine chose
  bool ended = false;                   // the model ended its text
  std::vector<MachineResult> machines;
};

/// Told before each token of the machine that runs: how many of its tokens are done, and how many
/// there are in all as far as is known. What it throws ends the comparison.
using OnToken = std::function<void(const Machine&, std::int64_t done, std::int64_t all)>;

/// `ends`: whether a token ends the text. The first machine chooses the tokens, greedily, in its
/// first run; all others are fed the same.
Comparison compare(const std::vector<std::unique_ptr<Machine>>& machines, const Settings& settings,
                   const std::function<bool(std::int32_t)>& ends, const OnToken& on_token);

}  // namespace metronome::comparison
