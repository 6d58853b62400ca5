// SPDX-License-Identifier: Apache-2.0
#include "runtime/generation/fidelity.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>

#include "runtime/generation/sampler.h"

namespace metronome::runtime {
namespace {

using Clock = std::chrono::steady_clock;

/// -ln of the probability that softmax gives the token.
double surprise(std::span<const float> logits, std::int32_t token) {
  const double highest = *std::max_element(logits.begin(), logits.end());
  double total = 0.0;
  for (const float logit : logits) total += std::exp(logit - highest);
  return highest + std::log(total) - logits[static_cast<std::size_t>(token)];
}

double largest_difference(std::span<const float> a, std::span<const float> b) {
  double most = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    most = std::max(most, std::abs(static_cast<double>(a[i]) - b[i]));
  }
  return most;
}

/// Texts of which each begins anew. An empty line has no letters, but may have blanks.
std::vector<std::string> texts_of(std::string_view text, TextKind kind) {
  if (kind == TextKind::kWhole) return {std::string(text)};
  std::vector<std::string> paragraphs;
  bool open = false;  // the last paragraph may still grow
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const bool empty = line.find_first_not_of(" \t") == std::string_view::npos;
    if (!empty && open) {
      paragraphs.back().append("\n").append(line);
    } else if (!empty) {
      paragraphs.emplace_back(line);
    }
    open = !empty;
  }
  return paragraphs;
}

void add_windows(std::vector<Window>& windows, const Tokenizer& tokenizer, std::string_view text,
                 std::int64_t context) {
  const std::vector<std::int32_t> ids = tokenizer.encode(text, false);
  const bool starts = tokenizer.adds_bos() && tokenizer.bos_id().has_value();
  const auto step = static_cast<std::size_t>(context);
  for (std::size_t next = starts ? 0 : 1; next < ids.size(); next += step) {
    Window& window = windows.emplace_back();
    window.push_back(starts ? *tokenizer.bos_id() : ids[next - 1]);
    const std::size_t end = std::min(next + step, ids.size());
    window.insert(window.end(), ids.begin() + static_cast<std::ptrdiff_t>(next),
                  ids.begin() + static_cast<std::ptrdiff_t>(end));
  }
}

std::int32_t likeliest(std::span<const float> logits) { return Sampler({}).pick(logits); }

}  // namespace

double Fidelity::perplexity() const { return std::exp(nats / static_cast<double>(predictions)); }

double Fidelity::agreement() const {
  return static_cast<double>(agreements) / static_cast<double>(predictions);
}

std::vector<Window> windows_of(const Tokenizer& tokenizer, std::string_view text, TextKind kind,
                               std::int64_t context) {
  std::vector<Window> windows;
  for (const std::string& part : texts_of(text, kind)) {
    add_windows(windows, tokenizer, part, context);
  }
  return windows;
}

std::vector<Fidelity> measure_fidelity(const std::vector<std::unique_ptr<Device>>& devices,
                                       const std::vector<Window>& windows, std::int64_t predictions,
                                       const std::function<void(std::int64_t)>& before_token) {
  std::vector<Fidelity> all(devices.size());
  std::int64_t done = 0;
  for (const Window& window : windows) {
    for (const auto& device : devices) device->reset();
    for (std::size_t i = 0; i + 1 < window.size() && done < predictions; ++i) {
      before_token(done++);
      std::span<const float> baseline;
      std::int32_t choice = 0;
      for (std::size_t d = 0; d < devices.size(); ++d) {
        const Clock::time_point start = Clock::now();
        const std::span<const float> logits = devices[d]->step(window[i]).logits;
        all[d].seconds += std::chrono::duration<double>(Clock::now() - start).count();
        if (d == 0) {
          baseline = logits;
          choice = likeliest(logits);
        }
        ++all[d].predictions;
        all[d].nats += surprise(logits, window[i + 1]);
        all[d].agreements += likeliest(logits) == choice ? 1 : 0;
        all[d].largest_difference =
            std::max(all[d].largest_difference, largest_difference(logits, baseline));
      }
    }
  }
  return all;
}

GreedyRun greedy_run(const std::vector<std::unique_ptr<Device>>& devices,
                     const Tokenizer& tokenizer, const Window& prompt, std::int64_t tokens) {
  GreedyRun run;
  run.first_differences.resize(devices.size());
  const auto feed_prompt = [&](Device& device) {
    device.reset();
    TokenResult last;
    for (const std::int32_t id : prompt) last = device.step(id);
    return last;
  };
  Device& baseline = *devices.front();
  TokenResult last = feed_prompt(baseline);
  while (static_cast<std::int64_t>(run.ids.size()) < tokens) {
    run.ids.push_back(likeliest(last.logits));
    const bool full = last.position + 1 == baseline.context();
    if (full || tokenizer.is_end(run.ids.back())) break;
    last = baseline.step(run.ids.back());
  }
  for (std::size_t d = 1; d < devices.size(); ++d) {
    last = feed_prompt(*devices[d]);
    for (std::size_t i = 0; i < run.ids.size(); ++i) {
      if (likeliest(last.logits) != run.ids[i]) {
        run.first_differences[d] = static_cast<std::int64_t>(i);
        break;
      }
      if (i + 1 < run.ids.size()) last = devices[d]->step(run.ids[i]);
    }
  }
  return run;
}

}  // namespace metronome::runtime
