// SPDX-License-Identifier: Apache-2.0
// The GPUs that come with the house: rows of presets/*.def, each with its confidence and source.
//
// Keys of the sources, by board, paper or project:
//   A100N a model of the A100's memory hierarchy from published sources   ACS, ACSP Accel-Sim
//   AO4002 a B200's own device query, in pytorch/ao pull request 4002     AZ Azure ND GB200 v6
//   CPG CUDA C++ Programming Guide, throughput by compute capability      BWN notes on Blackwell
//   CUDAH a performance study of the H100 SXM5   DS3 DRAMsim3             DSYS DRAMSys
//   GLOS Modal's GPU glossary, occupancy of an H100                       GPUB gpu-benches
//   HOTN an H100 fork of the UPC simulator       HPMLL Hopper benchmark   HU25 MICRO'25
//   MT4G samples measured by mt4g                NCCL nccl-collectives    RAM2 Ramulator 2
//   RING notes that cite LUO25 (arXiv 2501.12084)   C&C chipsandcheese
//   GM a modelling choice within the range of the configurations above
//   V1..V27 the points of `metronome probe` and docs/gpu.md; "recalled": not read in a source.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "hw/isa/error.h"
#include "hw/isa/gpu/gpu_spec.h"

namespace metronome::gpu {
namespace {

struct Row {
  SpecField field;
  std::int64_t value;
  Confidence confidence;
  std::string_view source;
};

#define GPU_VALUE(field, value, confidence, source) \
  Row{SpecField::field, value, Confidence::confidence, source},
constexpr Row kTeaching[] = {
#include "hw/isa/gpu/presets/teaching.def"
};
constexpr Row kV100[] = {
#include "hw/isa/gpu/presets/v100.def"
};
constexpr Row kA100[] = {
#include "hw/isa/gpu/presets/a100.def"
};
constexpr Row kH100Pcie[] = {
#include "hw/isa/gpu/presets/h100_pcie.def"
};
constexpr Row kH100[] = {
#include "hw/isa/gpu/presets/h100.def"
};
constexpr Row kH200[] = {
#include "hw/isa/gpu/presets/h200.def"
};
constexpr Row kB200[] = {
#include "hw/isa/gpu/presets/b200.def"
};
#undef GPU_VALUE

constexpr SpecField kAllFields[] = {
#define GPU_FIELD(name, group, unit, least, most, sentence) SpecField::name,
#include "hw/isa/gpu/spec_fields.def"
#undef GPU_FIELD
};
constexpr std::size_t kFieldCount = std::size(kAllFields);

constexpr bool no_field_twice(std::span<const Row> rows) {
  std::array<bool, kFieldCount> seen{};
  for (const Row& row : rows) {
    bool& found = seen[static_cast<std::size_t>(row.field)];
    if (found) return false;
    found = true;
  }
  return true;
}
constexpr bool every_field_once(std::span<const Row> rows) {
  return rows.size() == kFieldCount && no_field_twice(rows);
}
static_assert(every_field_once(kTeaching));
static_assert(every_field_once(kA100));
static_assert(every_field_once(kH100));
static_assert(no_field_twice(kV100));
static_assert(no_field_twice(kH100Pcie));
static_assert(no_field_twice(kH200));
static_assert(no_field_twice(kB200));

/// What rows that a preset does not list itself are worth when they come from another's.
enum class Heritage : std::uint8_t {
  kNone,
  kSameDie,  // what was read of one holds of the other
  kLike,     // another generation: all that is inherited is assumed
};

struct Preset {
  std::string_view name;
  std::span<const Row> rows;
  Heritage heritage;
  std::string_view base_name;
  std::span<const Row> base;
  std::string_view about;
};

constexpr Preset kPresets[] = {
    {"teaching",
     kTeaching,
     Heritage::kNone,
     "",
     {},
     "A GPU that fits on a screen: 2 SMs of 8 warps; its numbers imitate nothing and must not be "
     "compared with silicon."},
    {"v100", kV100, Heritage::kLike, "a100", kA100,
     "Tesla V100 SXM2, 80 SMs at 1380 MHz, HBM2: latencies measured by gpu-benches; the core that "
     "of the A100, which was measured on Ampere."},
    {"a100",
     kA100,
     Heritage::kNone,
     "",
     {},
     "A100 SXM4 80 GB, 108 SMs at 1410 MHz, HBM2e: latencies measured by gpu-benches; core "
     "details measured on GA10x, the same generation."},
    {"h100-pcie", kH100Pcie, Heritage::kSameDie, "h100", kH100,
     "H100 PCIe, 114 SMs at 1755 MHz, HBM2e: the board whose latencies gpu-benches and Luo "
     "et al. measured; the number of L2 slices is assumed."},
    {"h100",
     kH100,
     Heritage::kNone,
     "",
     {},
     "H100 SXM5, 132 SMs at 1980 MHz, HBM3: sizes, bandwidth and spread of this board; the far "
     "half, TLB and bulk copies are those measured on the PCIe board."},
    {"h200", kH200, Heritage::kSameDie, "h100", kH100,
     "H200 SXM, the H100's die with six stacks of HBM3e: 160 pseudo-channels stand for its 192, so "
     "that each slice has as many."},
    {"b200", kB200, Heritage::kLike, "h100", kH100,
     "B200, 148 SMs on two dies at 1850 MHz, HBM3e: sizes are the published ones, latencies "
     "mostly assumed from the H100; warpgroup multiplies stand for tcgen05."},
};

void inherit(GpuSpec& spec, const Preset& preset) {
  for (const Row& row : preset.base) {
    if (preset.heritage == Heritage::kSameDie) {
      spec.set(row.field, row.value, {row.confidence, std::string(row.source)});
    } else {
      spec.set(row.field, row.value,
               {Confidence::kAssumed, fmt::format("as {}: {}", preset.base_name, row.source)});
    }
  }
}

}  // namespace

std::vector<std::string_view> gpu_preset_names() {
  std::vector<std::string_view> names;
  for (const Preset& preset : kPresets) names.push_back(preset.name);
  return names;
}

GpuSpec gpu_preset(std::string_view name) {
  const Preset* preset = std::ranges::find(kPresets, name, &Preset::name);
  if (preset == std::end(kPresets)) {
    throw UserError(fmt::format("GPU preset: found {}, there are {}", name,
                                fmt::join(gpu_preset_names(), ", ")));
  }
  GpuSpec spec;
  spec.name = preset->name;
  spec.about = preset->about;
  inherit(spec, *preset);
  for (const Row& row : preset->rows) {
    spec.set(row.field, row.value, {row.confidence, std::string(row.source)});
  }
  return spec;
}

}  // namespace metronome::gpu
