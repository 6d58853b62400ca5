// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/cycle_window.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "hw/isa/lpu/image_fields.h"
#include "runtime/cli/command.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::cli {
namespace {

std::optional<std::int64_t> cycle_of(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (!whole || value < 0 || value > lpu::kLargestNumber) return std::nullopt;
  return value;
}

}  // namespace

CycleWindow cycle_window(std::string_view option, const std::string& text) {
  const std::size_t colon = std::min(text.find(':'), text.size());
  const auto first = cycle_of(std::string_view(text).substr(0, colon));
  const auto last = cycle_of(std::string_view(text).substr(std::min(colon + 1, text.size())));
  if (!first || !last || *first > *last) {
    throw UsageError(
        fmt::format("--{}: found {}, expected A:B, the first cycle and the last, A not above B",
                    option, runtime::printable(text)));
  }
  return {*first, *last};
}

}  // namespace metronome::cli
