// SPDX-License-Identifier: Apache-2.0
// How well devices predict a known text, and how near they stay to the first of them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "runtime/devices/device.h"
#include "runtime/tokenizers/tokenizer.h"

namespace metronome::runtime {

/// Token ids that are fed from an empty context; each but the first is predicted.
using Window = std::vector<std::int32_t>;

enum class TextKind : std::uint8_t {
  kWhole,       // one text, cut only where the context is full
  kParagraphs,  // each paragraph, ended by an empty line, begins anew
};

/// The text in windows of at most `context` positions fed. Where the model wants a start token each
/// window begins with it; where not, with the last token of the one before. Every token of a text
/// is predicted once, but for the first where there is no start token.
std::vector<Window> windows_of(const Tokenizer& tokenizer, std::string_view text, TextKind kind,
                               std::int64_t context);

/// Of one device. The baseline is the first device.
struct Fidelity {
  std::int64_t predictions = 0;
  double nats = 0.0;              // the sum of -ln of the probability of the token that follows
  std::int64_t agreements = 0;    // predictions whose likeliest token is the baseline's
  double largest_difference = 0;  // of a logit from the baseline's
  double seconds = 0.0;           // host time inside the device

  /// exp of the mean nats. Needs a prediction.
  double perplexity() const;
  /// agreements / predictions. Needs a prediction.
  double agreement() const;
};

/// Feeds all devices the same tokens, at most `predictions` of them predicted; `before_token` is
/// told how many are done, and what it throws ends the measurement.
/// Errors: InvariantError if a logit is not a number.
std::vector<Fidelity> measure_fidelity(const std::vector<std::unique_ptr<Device>>& devices,
                                       const std::vector<Window>& windows, std::int64_t predictions,
                                       const std::function<void(std::int64_t)>& before_token);

/// What the baseline says greedily, and where others would say something else.
struct GreedyRun {
  std::vector<std::int32_t> ids;  // generated, with the one that ended the text
  std::vector<std::optional<std::int64_t>> first_differences;  // [device], an index of `ids`
};

/// Generates up to `tokens` tokens from `prompt` with the first device, and lets each of the others
/// follow until its first other choice.
GreedyRun greedy_run(const std::vector<std::unique_ptr<Device>>& devices,
                     const Tokenizer& tokenizer, const Window& prompt, std::int64_t tokens);

}  // namespace metronome::runtime
