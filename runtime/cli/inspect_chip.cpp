// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "hw/isa/lpu/image_fields.h"
#include "runtime/cli/inspect.h"
#include "runtime/cli/numbers.h"

namespace metronome::cli {
namespace {

using lpu::Hemisphere;

std::string fields_text(const lpu::ChipSpec& chip) {
  std::vector<std::vector<std::string>> rows;
  lpu::chip_fields(chip, [&](const char* name, int value) {
    rows.push_back({name, grouped(value)});
  });
  rows.push_back({"clock_hz", grouped(chip.clock_hz)});
  return table({"field", ">value"}, rows, 0);
}

std::string derived_text(const lpu::ChipSpec& chip) {
  const std::int64_t stream_bytes = std::int64_t{2} * chip.streams * chip.lanes();
  const std::int64_t plane = std::int64_t{chip.lanes()} * chip.lanes();
  const auto clock = static_cast<double>(chip.clock_hz);
  std::string text = labelled(
      "lanes", fmt::format("{}, so a vector has {}", chip.lanes(), counted(chip.lanes(), "byte")));
  text += labelled("SRAM",
                   fmt::format("{} bytes ({}) in {} slices of {}", grouped(chip.sram_bytes()),
                               bytes_text(chip.sram_bytes()), 2 * chip.mem_slices,
                               bytes_text(std::int64_t{chip.words_per_slice()} * chip.lanes())));
  text += labelled(
      "streams", fmt::format("{} bytes a cycle past one place, {:.2f} TB/s", grouped(stream_bytes),
                             static_cast<double>(stream_bytes) * clock / 1e12));
  text += labelled("matrix", fmt::format("{} planes of {} x {}: {} multiply-accumulates a cycle",
                                         2 * chip.mxm_planes, chip.lanes(), chip.lanes(),
                                         grouped(2 * chip.mxm_planes * plane)));
  text += labelled("columns", fmt::format("{} of stream registers, the vector unit at {}",
                                          chip.positions(), chip.vxm_position()));
  return text;
}

std::string hops_text(const lpu::ChipSpec& chip) {
  std::vector<std::vector<std::string>> rows;
  const auto add = [&](const std::string& what, int west, int east) {
    rows.push_back({what, std::to_string(east - chip.vxm_position()), std::to_string(west),
                    std::to_string(east)});
  };
  add("vector unit", chip.vxm_position(), chip.vxm_position());
  for (int first = 0; first < chip.mem_slices; first += chip.slices_per_hop) {
    const int last = std::min(first + chip.slices_per_hop, chip.mem_slices) - 1;
    add(fmt::format("slices {} to {}", first, last), chip.slice_position(Hemisphere::kWest, first),
        chip.slice_position(Hemisphere::kEast, first));
  }
  add("switch and matrix units", chip.edge_position(Hemisphere::kWest),
      chip.edge_position(Hemisphere::kEast));
  return table({"place", ">hops", ">west column", ">east column"}, rows, 0);
}

std::string queues_text(const lpu::ChipSpec& chip) {
  constexpr std::array<const char*, 5> kUnits = {"mem", "vxm", "mxm", "sxm", "c2c"};
  const std::vector<lpu::QueueInfo> queues = lpu::queues(chip);
  std::string text;
  for (const char* unit : kUnits) {
    std::int64_t count = 0;
    for (const lpu::QueueInfo& queue : queues) count += queue.path.starts_with(unit) ? 1 : 0;
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", unit, count);
  }
  return labelled("queues", fmt::format("{}: {}", queues.size(), text));
}

}  // namespace

std::string inspect_chip(const lpu::ChipSpec& chip) {
  return labelled("chip", fmt::format("{}, {}", chip.name, clock_text(chip.clock_hz))) +
         derived_text(chip) + queues_text(chip) + "\n" + hops_text(chip) + "\n" + fields_text(chip);
}

}  // namespace metronome::cli
