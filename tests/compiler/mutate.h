// SPDX-License-Identifier: Apache-2.0
// Seeded single faults in a compiled program: what a wrong scheduler might have emitted. The
// identities that say what was meant stay as they are.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>

#include "hw/isa/lpu/chip_spec.h"
#include "hw/isa/lpu/program.h"

namespace metronome::compiler::testing {

enum class Fault {
  kEarlier,      // one issue a cycle earlier
  kLater,        // one issue a cycle later
  kSwapStreams,  // two instructions exchange a stream
  kOtherStream,  // one stream replaced by another
  kDirection,    // one stream turned round
  kWidth,        // one group of streams made wider or narrower
  kBank,         // the top address bit of one issue flipped
  kAddress,      // one issue's address changed
  kStep,         // the address step of a train changed
  kDropWrite,
  kDoubleWrite,  // a write done again, a few cycles later
  kSlot,         // another accumulator
  kRows,         // installed weight rows
  kRow,          // first weight row of a load
  kCount,        // one repeat more or fewer
};
constexpr int kFaults = 15;
const char* name_of(Fault fault);

struct Mutation {
  Fault fault = Fault::kEarlier;
  std::string text;  // what was changed, where
  lpu::Program program;
};

/// One fault of the given kind; nothing if the program has no place for it.
std::optional<Mutation> mutate(const lpu::Program& original, const lpu::ChipSpec& spec, Fault fault,
                               std::mt19937_64& random);

}  // namespace metronome::compiler::testing
