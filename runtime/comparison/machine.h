// SPDX-License-Identifier: Apache-2.0
// A machine as a comparison sees it: it decodes tokens under a seed and tells what each cost, in
// whole cycles of its own clock. Host time never enters.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/comparison/distribution.h"

namespace metronome::comparison {

using Cycle = std::int64_t;

struct TokenCost {
  std::int64_t position = 0;
  Cycle cycles = 0;
  std::span<const float> logits;  // [vocab], valid until the next token
};

/// A stretch of the last token. Layers of two machines do the same work; kernels are what a layer
/// is made of where there are launches.
struct Piece {
  enum class Kind : std::uint8_t { kLayer, kKernel };
  Kind kind = Kind::kKernel;
  std::string name;   // of its own: `blk.0.attn_qkv`
  std::string group;  // of all that do the same work on other data: `attn_qkv`
  Cycle cycles = 0;
};

/// Part of a token's cycles; the parts of a token add up to it.
struct TimePart {
  std::string name;
  std::string sentence;
  Cycle cycles = 0;
};

/// What may differ from run to run, anywhere.
struct CauseFact {
  std::string name;
  std::string sentence;
  std::string absent;  // why it cannot act here; empty if it can
};

/// A measurement that is taken again: all causes as in run `fixed`, but `cause`, or every cause
/// where none is named, as in run `varied`.
struct Variation {
  std::uint64_t fixed = 0;
  std::optional<std::size_t> cause;  // in causes()
  std::uint64_t varied = 0;
};

class Machine {
 public:
  Machine() = default;
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  virtual ~Machine() = default;

  virtual std::string name() const = 0;  // "gpu:h100"
  virtual std::int64_t clock_hz() const = 0;
  virtual std::int64_t context() const = 0;

  /// Starts cold, at position 0: the same seed gives the same cycles, whatever ran before.
  virtual void begin(std::uint64_t seed) = 0;
  /// Feeds `token` at the next position.
  virtual TokenCost step(std::int32_t token) = 0;

  /// Of the last token, in the order of their time.
  virtual std::vector<Piece> pieces() const = 0;
  virtual std::vector<TimePart> time_parts() const = 0;
  /// Adds what each memory access took since `begin`.
  virtual void add_accesses(Distribution& accesses) const = 0;
  /// One sentence: what an access is here, and from where to where it is timed.
  virtual std::string access_text() const = 0;

  virtual std::vector<CauseFact> causes() const = 0;
  /// Cycles of the last of `ids`, at its position, after a cold start and the token before it.
  /// All of `ids` must have been fed since the last `begin`.
  virtual Cycle again(std::span<const std::int32_t> ids, const Variation& variation) = 0;
};

}  // namespace metronome::comparison
