// SPDX-License-Identifier: Apache-2.0
#include "hw/isa/gpu/spec_report.h"

#include <fmt/format.h>

#include <array>
#include <iterator>

namespace metronome::gpu {
namespace {

constexpr std::string_view kHeader =
    "| field                      | value        | unit            | confidence | source | meaning "
    "|\n"
    "|----------------------------|-------------:|-----------------|------------|--------|---------"
    "|\n";

/// A field that was never set has no provenance yet and counts as assumed.
Provenance provenance_of(const GpuSpec& spec, SpecField field) {
  const auto at = static_cast<std::size_t>(field);
  return at < spec.provenance.size() ? spec.provenance[at] : Provenance{};
}

}  // namespace

std::string spec_table(const GpuSpec& spec) {
  std::string text = fmt::format("# {}\n\n{}\n", spec.name, spec.about);
  const auto out = std::back_inserter(text);
  std::array<int, 4> count{};  // by Confidence
  std::string_view group;
  for (const FieldInfo& f : spec_fields()) {
    if (f.group != group) {
      group = f.group;
      fmt::format_to(out, "\n## {}\n\n{}", group, kHeader);
    }
    const Provenance from = provenance_of(spec, f.field);
    ++count[static_cast<std::size_t>(from.confidence)];
    fmt::format_to(out, "| {:<26} | {:>12} | {:<15} | {:<10} | {} | {} |\n", f.name,
                   spec.value(f.field), f.unit, name(from.confidence), from.source, f.sentence);
  }
  fmt::format_to(out, "\nof {} numbers {} published, {} derived, {} fitted, {} assumed\n",
                 spec_fields().size(), count[0], count[1], count[2], count[3]);
  return text;
}

}  // namespace metronome::gpu
