// SPDX-License-Identifier: Apache-2.0
// Fields of a GpuSpec by name, and the check that they are in range and do not contradict.
#include "hw/isa/gpu/gpu_spec.h"

#include <fmt/core.h>

#include <array>
#include <utility>

#include "hw/isa/error.h"

namespace metronome::gpu {
namespace {

constexpr auto kFields = std::to_array<FieldInfo>({
#define GPU_FIELD(name, group, unit, least, most, sentence) \
  {SpecField::name, #name, group, unit, least, most, sentence},
#include "hw/isa/gpu/spec_fields.def"
#undef GPU_FIELD
});

using Member = std::int64_t GpuSpec::*;
constexpr auto kMembers = std::to_array<Member>({
#define GPU_FIELD(name, group, unit, least, most, sentence) &GpuSpec::name,
#include "hw/isa/gpu/spec_fields.def"
#undef GPU_FIELD
});

std::string_view name_of(SpecField field) { return kFields[static_cast<std::size_t>(field)].name; }

enum class Relation : std::uint8_t { kMultipleOf, kAtMost };

struct Rule {
  SpecField field;
  Relation relation;
  SpecField other;
};

// What two fields must be to each other. Ranges have been checked before: none divides by zero.
constexpr auto kRules = std::to_array<Rule>({
    {SpecField::warps_per_sm, Relation::kMultipleOf, SpecField::sub_cores},
    {SpecField::ctas_per_sm, Relation::kAtMost, SpecField::warps_per_sm},
    {SpecField::shared_bytes, Relation::kAtMost, SpecField::unified_bytes},
    {SpecField::tensor_f16_macs, Relation::kMultipleOf, SpecField::sub_cores},
    {SpecField::tensor_i8_macs, Relation::kMultipleOf, SpecField::sub_cores},
    {SpecField::l2_slices, Relation::kMultipleOf, SpecField::l2_halves},
    {SpecField::l2_sample_ways, Relation::kAtMost, SpecField::l2_ways},
    {SpecField::page_bytes, Relation::kMultipleOf, SpecField::line_bytes},
    {SpecField::l1_tlb_entries, Relation::kAtMost, SpecField::l2_tlb_entries},
    {SpecField::dram_bytes, Relation::kMultipleOf, SpecField::page_bytes},
    {SpecField::pseudo_channels, Relation::kMultipleOf, SpecField::l2_slices},
    {SpecField::line_bytes, Relation::kMultipleOf, SpecField::burst_bytes},
    {SpecField::dram_banks, Relation::kMultipleOf, SpecField::bank_groups},
    {SpecField::row_bytes, Relation::kMultipleOf, SpecField::line_bytes},
    {SpecField::ccd_s_ps, Relation::kAtMost, SpecField::ccd_l_ps},
    {SpecField::rcd_ps, Relation::kAtMost, SpecField::ras_ps},
    {SpecField::rfc_ps, Relation::kAtMost, SpecField::refi_ps},
    {SpecField::jitter_least_ns, Relation::kAtMost, SpecField::jitter_most_ns},
});

void check_ranges(const GpuSpec& spec, const std::string& origin) {
  for (const FieldInfo& f : kFields) {
    const std::int64_t value = spec.value(f.field);
    if (value >= f.least && value <= f.most) continue;
    throw UserError(
        fmt::format("{}: {}: found {}, allowed {} to {}", origin, f.name, value, f.least, f.most));
  }
}

void check_rule(const Rule& rule, const GpuSpec& spec, const std::string& origin) {
  const std::int64_t value = spec.value(rule.field);
  const std::int64_t other = spec.value(rule.other);
  std::string_view must;
  switch (rule.relation) {
    case Relation::kMultipleOf:
      if (value % other == 0) return;
      must = "must be a multiple of";
      break;
    case Relation::kAtMost:
      if (value <= other) return;
      must = "must be at most";
      break;
  }
  throw UserError(fmt::format("{}: {}: found {}, {} {}, which is {}", origin, name_of(rule.field),
                              value, must, name_of(rule.other), other));
}

/// Conditions on what an SM holds that are more than a relation of two fields.
void check_sm(const GpuSpec& s, const std::string& origin) {
  const auto refuse = [&](SpecField field, const std::string& must) {
    throw UserError(
        fmt::format("{}: {}: found {}, {}", origin, name_of(field), s.value(field), must));
  };
  if (s.line_bytes % kSectorBytes != 0) {
    refuse(SpecField::line_bytes,
           fmt::format("must be a multiple of a sector's {} bytes", kSectorBytes));
  }
  if (s.registers_per_sm % (s.sub_cores * kWarpLanes) != 0) {
    refuse(SpecField::registers_per_sm,
           fmt::format("must be a multiple of sub_cores times {} lanes, which is {}", kWarpLanes,
                       s.sub_cores * kWarpLanes));
  }
  if (s.unified_bytes < s.l1_ways * s.line_bytes) {
    refuse(SpecField::unified_bytes, fmt::format("must hold l1_ways lines of line_bytes, which is "
                                                 "{}",
                                                 s.l1_ways * s.line_bytes));
  }
  if (s.l1_mshrs < s.sectors_per_line()) {
    refuse(SpecField::l1_mshrs,
           fmt::format("must be at least the {} sectors of line_bytes", s.sectors_per_line()));
  }
  if (s.warpgroup_mma != 0 && s.warps_per_sm < 4) {
    refuse(SpecField::warpgroup_mma,
           fmt::format("needs the 4 warps of a warpgroup, but warps_per_sm is {}", s.warps_per_sm));
  }
}

/// Latencies of the memory stage count from issue, so they cannot be shorter than its own pipeline.
void check_memory_stage(const GpuSpec& s, const std::string& origin) {
  constexpr std::int64_t kReturnCycles = 2;  // to the registers
  const std::int64_t least = s.lsu_entry_cycles + s.address_cycles + kReturnCycles;
  for (const SpecField field : {SpecField::l1_cycles, SpecField::shared_cycles,
                                SpecField::shuffle_cycles, SpecField::remote_shared_cycles}) {
    if (s.value(field) >= least) continue;
    throw UserError(
        fmt::format("{}: {}: found {}, must be at least {}: lsu_entry_cycles, "
                    "address_cycles and {} to the registers",
                    origin, name_of(field), s.value(field), least, kReturnCycles));
  }
}

}  // namespace

std::string_view name(Confidence confidence) {
  switch (confidence) {
    case Confidence::kPublished:
      return "published";
    case Confidence::kDerived:
      return "derived";
    case Confidence::kFitted:
      return "fitted";
    case Confidence::kAssumed:
      return "assumed";
  }
  return {};
}

std::span<const FieldInfo> spec_fields() { return kFields; }

std::int64_t GpuSpec::value(SpecField field) const {
  return this->*kMembers[static_cast<std::size_t>(field)];
}

void GpuSpec::set(SpecField field, std::int64_t value, Provenance from) {
  provenance.resize(kFields.size());
  this->*kMembers[static_cast<std::size_t>(field)] = value;
  provenance[static_cast<std::size_t>(field)] = std::move(from);
}

void validate(const GpuSpec& spec, const std::string& origin) {
  check_ranges(spec, origin);
  for (const Rule& rule : kRules) check_rule(rule, spec, origin);
  check_sm(spec, origin);
  check_memory_stage(spec, origin);
}

}  // namespace metronome::gpu
