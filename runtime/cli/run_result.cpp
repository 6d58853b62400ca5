// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/run_result.h"

#include <fmt/core.h>

#include <algorithm>

#include "runtime/cli/image_facts.h"

namespace metronome::cli {

using runtime::FedToken;

std::vector<ProgramUse> program_uses(const Subject& subject, const RunResult& result) {
  std::vector<ProgramUse> uses;
  if (!subject.image) return uses;
  for (const FedToken& token : result.generation.fed) {
    const lpu::Program& program = program_at(*subject.image, token.position);
    if (uses.empty() || uses.back().name != program.name) {
      uses.push_back({program.name, program.context, 0, token.predicted_cycles,
                      token.simulated_cycles, token.simulated_cycles});
    }
    ProgramUse& use = uses.back();
    ++use.tokens;
    use.lowest = std::min(use.lowest, token.simulated_cycles);
    use.highest = std::max(use.highest, token.simulated_cycles);
  }
  return uses;
}

std::string first_mismatch(const Subject& subject, const RunResult& result) {
  if (result.gpu) return "";  // nobody predicts a GPU's cycles
  for (const FedToken& token : result.generation.fed) {
    if (token.predicted_cycles == token.simulated_cycles) continue;
    return fmt::format("position {} ({}): predicted {} cycles, simulated {}", token.position,
                       subject.image ? program_at(*subject.image, token.position).name : "-",
                       token.predicted_cycles, token.simulated_cycles);
  }
  return "";
}

std::int64_t simulated_cycles(const RunResult& result) {
  std::int64_t sum = 0;
  for (const FedToken& token : result.generation.fed) sum += token.simulated_cycles;
  return sum;
}

double stream_bytes_per_cycle(const Subject& subject, const RunResult& result) {
  const auto cycles = static_cast<double>(simulated_cycles(result));
  for (const hw::Counter& counter : result.counters) {
    if (counter.name != "streams.values" || cycles == 0) continue;
    return static_cast<double>(counter.value) * subject.chip.lanes() / cycles;
  }
  return 0.0;
}

std::int64_t stream_bytes_at_most(const lpu::ChipSpec& chip) {
  return std::int64_t{2} * chip.streams * chip.lanes();
}

}  // namespace metronome::cli
