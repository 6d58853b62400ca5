// SPDX-License-Identifier: Apache-2.0
// A GPU as data. Each number knows how sure we are of it and where it is from.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace metronome::gpu {

using Cycle = std::int64_t;        // of the SM clock
using Picoseconds = std::int64_t;  // real time
using Address = std::uint64_t;     // bytes of device memory, virtual

inline constexpr int kWarpLanes = 32;
inline constexpr int kSectorBytes = 32;

enum class Confidence : std::uint8_t {
  kPublished,  // read in the source
  kDerived,    // arithmetic on published numbers
  kFitted,     // chosen so that the model meets the published points that the source names
  kAssumed,    // a modelling choice
};
std::string_view name(Confidence confidence);

enum class SpecField : std::uint8_t {
#define GPU_FIELD(name, group, unit, least, most, sentence) name,
#include "hw/isa/gpu/spec_fields.def"
#undef GPU_FIELD
};

struct FieldInfo {
  SpecField field;
  std::string_view name;
  std::string_view group;
  std::string_view unit;
  std::int64_t least = 0;
  std::int64_t most = 0;
  std::string_view sentence;
};
std::span<const FieldInfo> spec_fields();

/// Where a value comes from.
struct Provenance {
  Confidence confidence = Confidence::kAssumed;
  std::string source;
};

struct GpuSpec {
  std::string name;
  std::string about;  // one sentence: which board, what is mixed
#define GPU_FIELD(name, group, unit, least, most, sentence) std::int64_t name = 0;
#include "hw/isa/gpu/spec_fields.def"
#undef GPU_FIELD
  std::vector<Provenance> provenance;  // [spec_fields().size()], by SpecField

  std::int64_t value(SpecField field) const;
  void set(SpecField field, std::int64_t value, Provenance from);

  int sectors_per_line() const { return static_cast<int>(line_bytes / kSectorBytes); }
  std::int64_t gpcs() const { return (sm_count + sms_per_gpc - 1) / sms_per_gpc; }
  std::int64_t slices_per_half() const { return l2_slices / l2_halves; }
  std::int64_t channels_per_slice() const { return pseudo_channels / l2_slices; }
  std::int64_t l2_bytes() const { return l2_slices * l2_sets * l2_ways * line_bytes; }
  double dram_peak_bytes_per_second() const {
    return static_cast<double>(pseudo_channels * burst_bytes) * 1e12 /
           static_cast<double>(burst_ps);
  }
  double seconds(Cycle cycles) const {
    return static_cast<double>(cycles) / static_cast<double>(clock_hz);
  }
};

/// "teaching", "v100", "a100", "h100-pcie", "h100", "h200", "b200".
std::vector<std::string_view> gpu_preset_names();
/// Errors: UserError naming the presets there are.
GpuSpec gpu_preset(std::string_view name);

/// Errors: UserError `origin: field: found, limit` for ranges and for fields that contradict.
void validate(const GpuSpec& spec, const std::string& origin);

}  // namespace metronome::gpu
