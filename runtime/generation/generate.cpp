// SPDX-License-Identifier: Apache-2.0
#include "runtime/generation/generate.h"

#include <fmt/core.h>

#include <chrono>

#include "hw/isa/error.h"

namespace metronome::runtime {
namespace {

using Clock = std::chrono::steady_clock;

TokenResult timed_step(Device& device, std::int32_t id, Generation& out) {
  const Clock::time_point start = Clock::now();
  const TokenResult result = device.step(id);
  out.device_seconds += std::chrono::duration<double>(Clock::now() - start).count();
  out.fed.push_back({result.position, result.predicted_cycles, result.simulated_cycles});
  return result;
}

}  // namespace

std::vector<std::int32_t> prompt_ids(const Tokenizer& tokenizer, const std::string& prompt,
                                     std::int64_t context, SpecialText special) {
  std::vector<std::int32_t> ids = tokenizer.encode(prompt, tokenizer.adds_bos(), special);
  if (ids.empty() && tokenizer.bos_id()) ids.push_back(*tokenizer.bos_id());
  if (ids.empty()) {
    throw UserError("--prompt: is empty, and this model has no start token to begin with");
  }
  const auto count = static_cast<std::int64_t>(ids.size());
  if (count > context) {
    throw UserError(
        fmt::format("--prompt: {} tokens found, the context has {} positions", count, context));
  }
  return ids;
}

Generation generate(Device& device, const Tokenizer& tokenizer,
                    const std::vector<std::int32_t>& prompt, std::int64_t tokens, Sampler& sampler,
                    const std::function<void(std::int32_t)>& on_token) {
  Generation out;
  TokenResult last;
  for (const std::int32_t id : prompt) {
    on_token(id);
    last = timed_step(device, id, out);
  }
  while (static_cast<std::int64_t>(out.ids.size()) < tokens) {
    const std::int32_t id = sampler.pick(last.logits);
    if (tokenizer.is_end(id) || id == tokenizer.bos_id()) {
      out.stop = StopReason::kEnd;
      break;
    }
    out.ids.push_back(id);
    on_token(id);
    if (static_cast<std::int64_t>(out.ids.size()) == tokens) break;
    if (last.position + 1 == device.context()) {
      out.stop = StopReason::kContext;
      break;
    }
    last = timed_step(device, id, out);
  }
  return out;
}

}  // namespace metronome::runtime
