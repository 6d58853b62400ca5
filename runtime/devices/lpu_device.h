// SPDX-License-Identifier: Apache-2.0
// A model on the emulated chip: the host's side of the mailbox.
#pragma once

#include <memory>
#include <vector>

#include "hw/isa/lpu/image.h"
#include "hw/lpu/chip.h"
#include "runtime/devices/device.h"

namespace metronome::runtime {

class LpuDevice : public Device {
 public:
  /// `image` must outlive the device. One chip a process: SystemC elaborates once.
  explicit LpuDevice(const lpu::Image& image);

  /// Takes tensors and programs anew, for an image that was changed in place; forgets all
  /// positions.
  void reload();

  std::string name() const override { return "lpu:" + image_.chip.name; }
  std::int64_t context() const override { return image_.info.context; }
  std::int64_t vocab() const override { return image_.info.vocab; }
  void reset() override;
  TokenResult step(std::int32_t token) override;
  std::int64_t instructions_issued() const override { return chip_.instructions_issued(); }
  std::int64_t macs() const override { return chip_.macs(); }
  hw::Counters counters() const override { return chip_.counters(); }

  lpu::Chip& chip() { return chip_; }
  /// Of the next token.
  std::int64_t position() const { return position_; }
  /// The program that serves `position`: the smallest that covers it.
  const lpu::Program& program_for(std::int64_t position) const;

 private:
  const lpu::PreparedProgram& prepared(const lpu::Program& program);
  void write_inputs(std::int32_t token);
  void write_map(const lpu::MemoryTensor& tensor, int address);
  void write_select(const lpu::MemoryTensor& tensor, int row);
  void write_lane(const lpu::MemoryTensor& tensor, int lane);

  const lpu::Image& image_;
  lpu::Chip chip_;
  std::vector<lpu::PreparedProgram> prepared_;  // as the image's programs; empty until first run
  std::int64_t position_ = 0;
  std::vector<float> logits_;
};

}  // namespace metronome::runtime
