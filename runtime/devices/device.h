// SPDX-License-Identifier: Apache-2.0
// What can decode a token: the emulated chip, or the reference executor. Both are fed the same way.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "hw/common/counter.h"

namespace metronome::runtime {

struct TokenResult {
  std::int64_t position = 0;
  std::int64_t predicted_cycles = 0;  // 0 where a device has no clock
  std::int64_t simulated_cycles = 0;
  std::span<const float> logits;  // [vocab], valid until the next token
};

class Device {
 public:
  Device() = default;
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  virtual ~Device() = default;

  virtual std::string name() const = 0;
  virtual std::int64_t context() const = 0;
  virtual std::int64_t vocab() const = 0;

  /// Forgets all positions.
  virtual void reset() = 0;
  /// Feeds `token` at the next position.
  /// Errors: UserError if the context is full or the id is out of range.
  virtual TokenResult step(std::int32_t token) = 0;

  virtual std::int64_t instructions_issued() const = 0;
  virtual std::int64_t macs() const = 0;
  virtual hw::Counters counters() const = 0;
};

}  // namespace metronome::runtime
