// SPDX-License-Identifier: Apache-2.0
// One line of a queue in assembly text: cycle, instruction, repeats, identities.
#pragma once

#include "hw/isa/lpu/assembly_words.h"
#include "hw/isa/lpu/program.h"

namespace metronome::lpu {

/// `stream_programs`: how many the program has.
/// Errors: UserError for anything that `queue` of this chip could not issue from cycle `free` on.
Issue parse_issue(AssemblyLine& line, const QueueInfo& queue, const ChipSpec& spec, Cycle free,
                  std::size_t stream_programs);

}  // namespace metronome::lpu
