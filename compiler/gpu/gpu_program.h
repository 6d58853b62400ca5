// SPDX-License-Identifier: Apache-2.0
// The decode step of a model as kernels, buffers and launches. Addresses are buffers and offsets
// until a device has given the buffers their places in its memory.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "compiler/gpu/attention.h"
#include "compiler/graph/model.h"

namespace metronome::gpu {

enum class TokenForm : std::uint8_t {
  kKernels,     // a launch for each phase of each layer
  kPersistent,  // one launch, with barriers over the grid between phases
};

/// A piece of device memory. Zeros before it is filled and, where `fill` is empty, from then on
/// until a kernel writes.
struct ProgramBuffer {
  std::string name;
  std::int64_t bytes = 0;
  std::function<void(std::span<std::uint8_t>)> fill;  // all of it, once; reads the model
};

/// What a kernel parameter is: an address.
struct Argument {
  int buffer = 0;
  std::int64_t offset = 0;  // bytes
};

/// How many splits of the positions a step needs to take part.
enum class StepUse : std::uint8_t { kAlways, kOneSplit, kManySplits };

struct ProgramStep {
  int kernel = 0;
  std::string name;  // `blk.0.attn_qkv`
  std::int64_t ctas = 1;
  bool times_splits = false;  // `ctas` for each split
  StepUse use = StepUse::kAlways;
  std::vector<Argument> arguments;  // by parameter
};

/// One launch of a position.
struct ProgramLaunch {
  int step = 0;
  std::int64_t ctas = 1;
};

/// What the host writes into the mailbox before each token.
struct Mailbox {
  static constexpr std::int64_t kToken = 0;       // int32, bytes into the buffer
  static constexpr std::int64_t kPosition = 4;    // int32
  static constexpr std::int64_t kArrivals = 128;  // int32, zero: counts CTAs at grid barriers
  static constexpr std::int64_t kBytes = 256;
};

struct GpuProgram {
  std::vector<Kernel> kernels;
  std::vector<ProgramBuffer> buffers;
  std::vector<ProgramStep> steps;  // in order
  int mailbox = 0;                 // buffers
  int logits = 0;                  // [vocab] fp32
  int keys = 0;                    // caches, zeroed for a new context
  int values = 0;
  AttentionShape attention;
  std::int64_t weight_macs = 0;  // multiply-adds of the matrices, a token
  std::int64_t layers = 0;

  /// The launches of the token at `position`, in order.
  std::vector<ProgramLaunch> launches(std::int64_t position) const;
  /// Multiply-adds of a token, attention included.
  std::int64_t macs(std::int64_t position) const;
};

}  // namespace metronome::gpu
