// SPDX-License-Identifier: Apache-2.0
#include "tests/compiler/mutation_campaign.h"

#include <fmt/core.h>

#include <cstring>
#include <stdexcept>

#include "compiler/lpu/check_schedule.h"
#include "runtime/devices/lpu_device.h"

namespace metronome::compiler::testing {
namespace {

/// What a user sees of a generation: all logits, bit for bit, and all cycles.
struct Trace {
  std::vector<std::uint32_t> logits;
  std::vector<std::int64_t> cycles;

  bool operator==(const Trace&) const = default;
};

Trace decode(runtime::LpuDevice& device, const std::vector<std::int32_t>& tokens) {
  Trace trace;
  device.reset();
  for (std::int32_t token : tokens) {
    const runtime::TokenResult r = device.step(token);
    std::vector<std::uint32_t> bits(r.logits.size());
    std::memcpy(bits.data(), r.logits.data(), bits.size() * sizeof(float));
    trace.logits.insert(trace.logits.end(), bits.begin(), bits.end());
    trace.cycles.push_back(r.simulated_cycles);
  }
  return trace;
}

/// The text must say who is in conflict and when.
bool names_culprit(const std::string& text, const std::vector<lpu::QueueInfo>& queues) {
  if (text.find("cycle") == std::string::npos) return false;
  for (const lpu::QueueInfo& q : queues) {
    if (text.find(q.path) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

Outcome mutate_many(lpu::Image& image, int count, std::uint64_t seed,
                    const std::vector<std::int32_t>& tokens) {
  std::mt19937_64 random(seed);
  const std::vector<lpu::QueueInfo> queues = lpu::queues(image.chip);
  const lpu::Program original = image.programs.front();
  runtime::LpuDevice device(image);
  const Trace wanted = decode(device, tokens);
  Outcome outcome;
  for (int n = 0; n < count; ++n) {
    auto mutation = mutate(original, image.chip, static_cast<Fault>(n % kFaults), random);
    if (!mutation) continue;
    image.programs.front() = std::move(mutation->program);
    auto& tally = outcome.by_fault[mutation->fault];
    if (const auto conflict = check_schedule(image, image.programs.front())) {
      ++outcome.caught;
      ++tally[0];
      if (!names_culprit(conflict->text, queues)) {
        outcome.complaints.push_back("no culprit or cycle in: " + conflict->text);
      }
      continue;
    }
    std::string difference;
    device.reload();
    try {
      if (decode(device, tokens) != wanted) difference = "results differ";
    } catch (const std::exception& e) {
      difference = std::string("the chip stops: ") + e.what();
    }
    ++(difference.empty() ? outcome.harmless : outcome.silent);
    if (difference.empty()) ++tally[1];
    if (!difference.empty()) {
      outcome.complaints.push_back("silent: " + mutation->text + ": " + difference);
    }
  }
  image.programs.front() = original;
  device.reload();
  if (decode(device, tokens) != wanted) {
    throw std::runtime_error("the unmutated program gives other results at the end");
  }
  return outcome;
}

std::string report(const Outcome& o, const std::string& what, std::uint64_t seed) {
  std::string text = fmt::format("{}, seed {}: {} mutations, {} caught, {} harmless, {} silent\n",
                                 what, seed, o.total(), o.caught, o.harmless, o.silent);
  for (const auto& [fault, tally] : o.by_fault) {
    text += fmt::format("  {:16} {:5} caught {:4} harmless\n", name_of(fault), tally[0], tally[1]);
  }
  return text;
}

}  // namespace metronome::compiler::testing
