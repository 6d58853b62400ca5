// SPDX-License-Identifier: Apache-2.0
#include "runtime/devices/lpu_device.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "hw/isa/error.h"

namespace metronome::runtime {

using lpu::InputKind;
using lpu::MemoryTensor;

LpuDevice::LpuDevice(const lpu::Image& image) : image_(image), chip_("lpu", image.chip) {
  reload();
}

void LpuDevice::reload() {
  chip_.load(image_);
  prepared_.assign(image_.programs.size(), {});
  reset();
}

void LpuDevice::reset() {
  position_ = 0;
  chip_.reset_state(image_);
}

const lpu::Program& LpuDevice::program_for(std::int64_t position) const {
  for (const lpu::Program& p : image_.programs) {
    if (position < p.context) return p;
  }
  throw UserError(fmt::format("{}: context: position {} asked for, the image covers {}",
                              image_.info.model, position, image_.info.context));
}

const lpu::PreparedProgram& LpuDevice::prepared(const lpu::Program& program) {
  lpu::PreparedProgram& mine =
      prepared_[static_cast<std::size_t>(&program - image_.programs.data())];
  if (mine.program == nullptr) mine = lpu::prepare(program, image_.chip);
  return mine;
}

/// A gather or scatter map: the address in lanes 0 and 1 of every superlane, other lanes 255.
void LpuDevice::write_map(const MemoryTensor& tensor, int address) {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(tensor.lanes), 255);
  const auto step = static_cast<std::size_t>(image_.chip.lanes_per_superlane);
  for (std::size_t lane = 0; lane + 1 < bytes.size(); lane += step) {
    bytes[lane] = static_cast<std::uint8_t>(address);
    bytes[lane + 1] = static_cast<std::uint8_t>(address >> 8);
  }
  chip_.write_row(tensor, 0, bytes);
}

void LpuDevice::write_inputs(std::int32_t token) {
  for (const lpu::HostInput& input : image_.inputs) {
    const MemoryTensor& t = image_.tensors[input.tensor];
    switch (input.kind) {
      case InputKind::kPosition:
        write_map(t, static_cast<int>(position_));
        break;
      case InputKind::kTokenRow:
        write_map(t, lpu::table_row(token, input.table).address_offset);
        break;
      case InputKind::kTokenSelect:
        write_select(t, lpu::table_row(token, input.table).stripe);
        break;
      case InputKind::kTokenGroup:
        write_map(t, token / image_.chip.lanes_per_superlane);
        break;
      case InputKind::kTokenLane:
        write_lane(t, token % image_.chip.lanes_per_superlane);
        break;
    }
  }
}

/// All ones in one row, zeros in the others.
void LpuDevice::write_select(const MemoryTensor& t, int row) {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(t.lanes * t.width));
  for (std::int64_t r = 0; r < t.rows; ++r) {
    std::fill(bytes.begin(), bytes.end(), r == row ? 0xFF : 0x00);
    chip_.write_row(t, r, bytes);
  }
}

/// All ones in one lane of each superlane, zeros in the others.
void LpuDevice::write_lane(const MemoryTensor& t, int lane) {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(t.lanes * t.width));
  for (int l = lane; l < t.lanes; l += image_.chip.lanes_per_superlane) {
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(l) * t.width, t.width, 0xFF);
  }
  chip_.write_row(t, 0, bytes);
}

TokenResult LpuDevice::step(std::int32_t token) {
  if (token < 0 || token >= vocab()) {
    throw UserError(fmt::format("{}: token: found {}, the vocabulary has {}", image_.info.model,
                                token, vocab()));
  }
  const lpu::Program& program = program_for(position_);
  write_inputs(token);
  TokenResult result;
  result.position = position_++;
  result.predicted_cycles = program.predicted_cycles;
  result.simulated_cycles = chip_.run(prepared(program));
  const MemoryTensor& t = image_.tensors[image_.logits];
  logits_.resize(static_cast<std::size_t>(t.rows * t.lanes));
  for (std::int64_t r = 0; r < t.rows; ++r) {
    auto* row = reinterpret_cast<std::uint8_t*>(logits_.data() + r * t.lanes);
    chip_.read_row(t, r, {row, static_cast<std::size_t>(t.lanes * t.width)});
  }
  result.logits = std::span(logits_).first(static_cast<std::size_t>(vocab()));
  return result;
}

}  // namespace metronome::runtime
