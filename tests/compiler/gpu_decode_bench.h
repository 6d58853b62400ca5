// SPDX-License-Identifier: Apache-2.0
// What tests of whole decode steps share: the reference, and a program that runs on whatever runs
// launches.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "compiler/gpu/lower.h"
#include "compiler/graph/graph.h"
#include "compiler/ops/ops.h"
#include "hw/gpu/lane_memory.h"

namespace metronome::gpu {

/// Operators of the graph one by one, caches in memory.
class DecodeReference {
 public:
  explicit DecodeReference(const graph::Model& model);
  /// The logits of `token` at `position`, which comes after those before it.
  ops::Values step(std::int32_t token, std::int64_t position);

 private:
  ops::Values run(const graph::OpNode& n, const std::vector<ops::Values>& results,
                  std::int32_t token, std::int64_t position);

  const graph::Model& model_;
  graph::Graph graph_;
  std::vector<std::vector<ops::Values>> keys_;  // [layer][position]
  std::vector<std::vector<ops::Values>> values_;
};

/// A program with its buffers in a memory.
class DecodeRunner {
 public:
  using Allocate = std::function<Address(const ProgramBuffer&)>;
  using Run = std::function<void(const std::vector<Launch>&)>;

  DecodeRunner(GpuProgram program, std::int64_t vocab, ByteMemory& memory, const Allocate& allocate,
               Run run);
  std::vector<float> step(std::int32_t token, std::int64_t position);
  const GpuProgram& program() const { return program_; }

 private:
  std::vector<Launch> launches(std::int64_t position) const;
  Address place(int buffer) const { return places_[static_cast<std::size_t>(buffer)]; }

  GpuProgram program_;
  std::int64_t vocab_;
  ByteMemory& memory_;
  Run run_;
  std::vector<Address> places_;  // by buffer
};

}  // namespace metronome::gpu
