// SPDX-License-Identifier: Apache-2.0
// GPU presets against what is published, and specs that contradict themselves.
#include "hw/isa/gpu/gpu_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "hw/isa/error.h"
#include "hw/isa/gpu/spec_report.h"

namespace metronome::gpu {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr std::int64_t kMiB = 1024 * 1024;

std::string error_of(const GpuSpec& spec) {
  try {
    validate(spec, "gpu.json");
  } catch (const UserError& error) {
    return error.what();
  }
  return "none";
}

TEST(GpuSpec, EveryPresetIsValidAndHasItsName) {
  const auto names = gpu_preset_names();
  EXPECT_THAT(names, ::testing::ElementsAre("teaching", "v100", "a100", "h100-pcie", "h100", "h200",
                                            "b200"));
  for (const std::string_view name : names) {
    const GpuSpec spec = gpu_preset(name);
    EXPECT_EQ(error_of(spec), "none") << name;
    EXPECT_EQ(spec.name, name);
    EXPECT_FALSE(spec.about.empty()) << name;
  }
}

TEST(GpuSpec, EveryNumberOfEveryPresetHasASource) {
  for (const std::string_view preset : gpu_preset_names()) {
    const GpuSpec spec = gpu_preset(preset);
    ASSERT_EQ(spec.provenance.size(), spec_fields().size()) << preset;
    for (const FieldInfo& f : spec_fields()) {
      const Provenance& from = spec.provenance[static_cast<std::size_t>(f.field)];
      EXPECT_FALSE(from.source.empty()) << preset << " " << f.name;
      EXPECT_EQ(from.source.find('|'), std::string::npos) << preset << " " << f.name;
    }
  }
}

TEST(GpuSpec, FieldsAreInTheOrderOfTheirNumbersAndHaveNamesOfTheirOwn) {
  std::set<std::string_view> names;
  std::size_t next = 0;
  for (const FieldInfo& f : spec_fields()) {
    EXPECT_EQ(static_cast<std::size_t>(f.field), next++);
    EXPECT_TRUE(names.insert(f.name).second) << f.name;
    EXPECT_FALSE(f.group.empty() || f.unit.empty() || f.sentence.empty()) << f.name;
    EXPECT_LE(f.least, f.most) << f.name;
  }
}

TEST(GpuSpec, FieldsOfAGroupStandTogether) {
  std::set<std::string_view> groups;
  std::string_view last;
  for (const FieldInfo& f : spec_fields()) {
    if (f.group == last) continue;
    EXPECT_TRUE(groups.insert(f.group).second) << f.group;
    last = f.group;
  }
}

TEST(GpuSpec, AFieldIsReadAndSetByItsNumber) {
  GpuSpec spec;
  std::int64_t value = 0;
  for (const FieldInfo& f : spec_fields()) {
    spec.set(f.field, ++value, {Confidence::kDerived, "test"});
    EXPECT_EQ(spec.value(f.field), value) << f.name;
  }
  EXPECT_EQ(spec.sm_count, 1);
  EXPECT_EQ(spec.jitter_most_ns, value);
  EXPECT_EQ(spec.provenance.back().source, "test");
}

TEST(GpuSpec, AnUnknownPresetIsRefusedWithTheNamesThereAre) {
  try {
    gpu_preset("h300");
    FAIL() << "not refused";
  } catch (const UserError& error) {
    EXPECT_STREQ(error.what(),
                 "GPU preset: found h300, there are teaching, v100, a100, h100-pcie, h100, h200, "
                 "b200");
  }
}

struct Board {
  const char* preset;
  std::int64_t sms;
  double terabytes_per_second;
  std::int64_t l2_bytes;
  double fp16_teraflops;
  double tensor_gigahertz;  // of the published rate
};

TEST(GpuSpec, SizesAndPeaksAreThePublishedOnes) {
  const Board boards[] = {
      {"v100", 80, 0.900, 6 * kMiB, 125.0, 1.53},
      {"a100", 108, 2.04, 40 * kMiB, 312.0, 1.41},
      {"h100-pcie", 114, 2.04, 50 * kMiB, 0.0, 0.0},
      {"h100", 132, 3.352, 50 * kMiB, 989.4, 1.83},
      {"h200", 132, 4.8, 50 * kMiB, 989.4, 1.83},
      {"b200", 148, 8.0, 253 * kMiB / 2, 2250.0, 1.85},
  };
  for (const Board& board : boards) {
    const GpuSpec spec = gpu_preset(board.preset);
    const double published = board.terabytes_per_second * 1e12;
    EXPECT_EQ(spec.sm_count, board.sms) << board.preset;
    EXPECT_NEAR(spec.dram_peak_bytes_per_second(), published, 0.005 * published) << board.preset;
    EXPECT_EQ(spec.l2_bytes(), board.l2_bytes) << board.preset;
    if (board.fp16_teraflops == 0.0) continue;
    const double teraflops =
        2e-3 * static_cast<double>(spec.tensor_f16_macs * spec.sm_count) * board.tensor_gigahertz;
    EXPECT_NEAR(teraflops, board.fp16_teraflops, 0.01 * board.fp16_teraflops) << board.preset;
  }
}

TEST(GpuSpec, TheTeachingGpuIsThatOfTheScreen) {
  const GpuSpec spec = gpu_preset("teaching");
  EXPECT_EQ(spec.sm_count, 2);
  EXPECT_EQ(spec.warps_per_sm, 8);
  EXPECT_EQ(spec.l2_bytes(), kMiB / 4);
  EXPECT_DOUBLE_EQ(spec.dram_peak_bytes_per_second(), 16e9);
  for (const Provenance& from : spec.provenance) EXPECT_EQ(from.confidence, Confidence::kAssumed);
}

struct Latency {
  const char* preset;
  std::int64_t l1;
  double near;
  double far;  // 0: one half
};

TEST(GpuSpec, PartsOfALatencyAddUpToThePublishedWhole) {
  const Latency latencies[] = {
      {"v100", 30, 215, 0},
      {"a100", 36, 211, 357},
      {"h100-pcie", 34, 265, 414},
  };
  for (const Latency& l : latencies) {
    const GpuSpec spec = gpu_preset(l.preset);
    const auto near = static_cast<double>(spec.l1_cycles + spec.request_cycles + spec.l2_cycles +
                                          spec.reply_cycles + spec.distance_cycles / 2);
    EXPECT_EQ(spec.l1_cycles, l.l1) << l.preset;
    EXPECT_NEAR(near, l.near, 0.05 * l.near) << l.preset;
    EXPECT_EQ(spec.l2_halves == 1, l.far == 0) << l.preset;
    if (l.far == 0) continue;
    EXPECT_NEAR(near + static_cast<double>(spec.l2_far_cycles), l.far, 0.05 * l.far) << l.preset;
  }
}

TEST(GpuSpec, BoardsOfOneDieDifferOnlyOutsideIt) {
  const GpuSpec h100 = gpu_preset("h100");
  const GpuSpec h200 = gpu_preset("h200");
  for (const FieldInfo& f : spec_fields()) {
    if (f.group == "DRAM") continue;
    const auto at = static_cast<std::size_t>(f.field);
    EXPECT_EQ(h200.value(f.field), h100.value(f.field)) << f.name;
    EXPECT_EQ(h200.provenance[at].confidence, h100.provenance[at].confidence) << f.name;
  }
}

TEST(GpuSpec, WhatAnotherGenerationLendsIsAssumed) {
  for (const auto& [preset, base] : {std::pair{"v100", "as a100: "}, {"b200", "as h100: "}}) {
    int lent = 0;
    for (const Provenance& from : gpu_preset(preset).provenance) {
      if (!from.source.starts_with(base)) continue;
      ++lent;
      EXPECT_EQ(from.confidence, Confidence::kAssumed) << preset << " " << from.source;
    }
    EXPECT_GT(lent, 0) << preset;
  }
}

TEST(GpuSpec, EveryFieldIsRefusedOutsideItsRange) {
  for (const FieldInfo& f : spec_fields()) {
    for (const std::int64_t value : {f.least - 1, f.most + 1}) {
      GpuSpec spec = gpu_preset("h100");
      spec.set(f.field, value, {});
      EXPECT_EQ(error_of(spec), "gpu.json: " + std::string(f.name) + ": found " +
                                    std::to_string(value) + ", allowed " + std::to_string(f.least) +
                                    " to " + std::to_string(f.most));
    }
  }
}

struct Change {
  SpecField field;
  std::int64_t value;
};
struct Contradiction {
  std::vector<Change> changes;  // of an h100
  std::string message;          // after `gpu.json: `
};

const std::vector<Contradiction>& contradictions() {
  using F = SpecField;
  static const std::vector<Contradiction> kRows = {
      {{{F::warps_per_sm, 63}},
       "warps_per_sm: found 63, must be a multiple of sub_cores, which is 4"},
      {{{F::warps_per_sm, 28}}, "ctas_per_sm: found 32, must be at most warps_per_sm, which is 28"},
      {{{F::shared_bytes, 300'000}},
       "shared_bytes: found 300000, must be at most unified_bytes, which is 262144"},
      {{{F::tensor_f16_macs, 2049}},
       "tensor_f16_macs: found 2049, must be a multiple of sub_cores, which is 4"},
      {{{F::tensor_i8_macs, 4097}},
       "tensor_i8_macs: found 4097, must be a multiple of sub_cores, which is 4"},
      {{{F::l2_slices, 79}}, "l2_slices: found 79, must be a multiple of l2_halves, which is 2"},
      {{{F::l2_sample_ways, 21}}, "l2_sample_ways: found 21, must be at most l2_ways, which is 20"},
      {{{F::page_bytes, 4100}},
       "page_bytes: found 4100, must be a multiple of line_bytes, which is 128"},
      {{{F::l2_tlb_entries, 15}},
       "l1_tlb_entries: found 16, must be at most l2_tlb_entries, which is 15"},
      {{{F::dram_bytes, 80'000'000'000}},
       "dram_bytes: found 80000000000, must be a multiple of page_bytes, which is 2097152"},
      {{{F::pseudo_channels, 120}},
       "pseudo_channels: found 120, must be a multiple of l2_slices, which is 80"},
      {{{F::burst_bytes, 48}},
       "line_bytes: found 128, must be a multiple of burst_bytes, which is 48"},
      {{{F::dram_banks, 30}},
       "dram_banks: found 30, must be a multiple of bank_groups, which is 4"},
      {{{F::row_bytes, 1000}},
       "row_bytes: found 1000, must be a multiple of line_bytes, which is 128"},
      {{{F::ccd_s_ps, 2501}}, "ccd_s_ps: found 2501, must be at most ccd_l_ps, which is 2500"},
      {{{F::rcd_ps, 28'101}}, "rcd_ps: found 28101, must be at most ras_ps, which is 28100"},
      {{{F::rfc_ps, 3'900'001}},
       "rfc_ps: found 3900001, must be at most refi_ps, which is 3900000"},
      {{{F::jitter_least_ns, 60'001}},
       "jitter_least_ns: found 60001, must be at most jitter_most_ns, which is 60000"},
      {{{F::line_bytes, 72},
        {F::burst_bytes, 8},
        {F::row_bytes, 1152},
        {F::page_bytes, 4608},
        {F::dram_bytes, 46'080'000}},
       "line_bytes: found 72, must be a multiple of a sector's 32 bytes"},
      {{{F::registers_per_sm, 65'600}},
       "registers_per_sm: found 65600, must be a multiple of sub_cores times 32 lanes, which is "
       "128"},
      {{{F::unified_bytes, 65'536}, {F::shared_bytes, 1024}, {F::l1_ways, 1024}},
       "unified_bytes: found 65536, must hold l1_ways lines of line_bytes, which is 131072"},
      {{{F::l1_mshrs, 3}}, "l1_mshrs: found 3, must be at least the 4 sectors of line_bytes"},
      {{{F::sub_cores, 1}, {F::warps_per_sm, 3}, {F::ctas_per_sm, 3}},
       "warpgroup_mma: found 1, needs the 4 warps of a warpgroup, but warps_per_sm is 3"},
      {{{F::shared_cycles, 12}, {F::lsu_entry_cycles, 8}},
       "shared_cycles: found 12, must be at least 14: lsu_entry_cycles, address_cycles and 2 to "
       "the "
       "registers"},
  };
  return kRows;
}

TEST(GpuSpec, FieldsThatContradictAreRefusedWithBothNames) {
  for (const Contradiction& c : contradictions()) {
    GpuSpec spec = gpu_preset("h100");
    for (const Change& change : c.changes) spec.set(change.field, change.value, {});
    EXPECT_EQ(error_of(spec), "gpu.json: " + c.message);
  }
}

TEST(GpuSpec, TheReportShowsEveryNumberWithItsSourceAndCountsThem) {
  for (const std::string_view preset : gpu_preset_names()) {
    const GpuSpec spec = gpu_preset(preset);
    const std::string text = spec_table(spec);
    std::map<Confidence, int> count;
    for (const FieldInfo& f : spec_fields()) {
      const Provenance& from = spec.provenance[static_cast<std::size_t>(f.field)];
      ++count[from.confidence];
      EXPECT_THAT(text, HasSubstr("| " + std::string(f.name) + " "));
      EXPECT_THAT(text, HasSubstr("| " + from.source + " | " + std::string(f.sentence) + " |\n"));
    }
    EXPECT_THAT(text, EndsWith("\nof " + std::to_string(spec_fields().size()) + " numbers " +
                               std::to_string(count[Confidence::kPublished]) + " published, " +
                               std::to_string(count[Confidence::kDerived]) + " derived, " +
                               std::to_string(count[Confidence::kFitted]) + " fitted, " +
                               std::to_string(count[Confidence::kAssumed]) + " assumed\n"));
  }
}

TEST(GpuSpec, AReportOfABareSpecCallsEverythingAssumed) {
  const std::string text = spec_table(GpuSpec{});
  EXPECT_THAT(text, HasSubstr(" 0 published, 0 derived, 0 fitted, "));
  EXPECT_THAT(text, HasSubstr("## chip\n"));
}

}  // namespace
}  // namespace metronome::gpu
