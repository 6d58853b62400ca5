// SPDX-License-Identifier: Apache-2.0
// Prompt to text: feeds a device token by token. Prompt tokens go through the same decode step as
// generated ones; the last token chosen is never fed.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "runtime/devices/device.h"
#include "runtime/generation/sampler.h"
#include "runtime/tokenizers/tokenizer.h"

namespace metronome::runtime {

enum class StopReason : std::uint8_t {
  kTokens,   // as many as asked for
  kEnd,      // the model ended its text, or began a new one
  kContext,  // no position is left
};

/// A token fed to the device.
struct FedToken {
  std::int64_t position = 0;
  std::int64_t predicted_cycles = 0;
  std::int64_t simulated_cycles = 0;
};

struct Generation {
  std::vector<std::int32_t> ids;  // generated, without the one that ended the text
  std::vector<FedToken> fed;
  StopReason stop = StopReason::kTokens;
  double device_seconds = 0.0;  // host time inside the device
};

/// The ids of `prompt`, with the start token where the model wants one.
/// Errors: UserError if there are none, or more than `context` positions.
std::vector<std::int32_t> prompt_ids(const Tokenizer& tokenizer, const std::string& prompt,
                                     std::int64_t context,
                                     SpecialText special = SpecialText::kPlain);

/// Generates up to `tokens` tokens. `on_token` is told of each token as it joins the text, prompt
/// included; what it throws ends the generation.
Generation generate(Device& device, const Tokenizer& tokenizer,
                    const std::vector<std::int32_t>& prompt, std::int64_t tokens, Sampler& sampler,
                    const std::function<void(std::int32_t)>& on_token);

}  // namespace metronome::runtime
