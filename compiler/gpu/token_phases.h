// SPDX-License-Identifier: Apache-2.0
// The phases of a token on a GPU: which emitter, which buffers, how many items. A phase becomes a
// kernel of its own, or a stretch of the persistent kernel.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "compiler/gpu/buffer_plan.h"
#include "compiler/gpu/kernel_builder.h"

namespace metronome::gpu {

/// Gives the phases of one kernel the pointers to the buffers, and remembers which parameter is
/// which buffer. A buffer with a layer's share is one parameter a launch, or in a kernel that goes
/// over all layers one parameter and an offset.
class Binding {
 public:
  Binding(KernelBuilder& k, const GpuProgram& program) : k_(k), program_(program) {}

  /// From now on a layer's share is that of the layer whose number is in this register. Without one
  /// the launch says which layer it is.
  void go_to_layer(Value layer) { layer_ = layer; }
  Pointer of_layer(int buffer);
  Pointer whole(int buffer) { return {parameter(buffer, false), {}, 0}; }
  /// Of the mailbox, loaded once a kernel, where it is first asked for.
  Value position();
  /// Buffers by parameter, and whether each is a layer's share.
  struct Bound {
    int buffer = 0;
    bool of_layer = false;
  };
  const std::vector<Bound>& bound() const { return bound_; }

 private:
  Parameter parameter(int buffer, bool of_layer);

  KernelBuilder& k_;
  const GpuProgram& program_;
  Value layer_;
  Value position_;
  std::vector<Bound> bound_;
};

struct TokenPhase {
  std::string name;
  int warps = 4;           // of a CTA, where it is a kernel of its own
  std::int64_t items = 1;  // with so many warps; for each split where `times_splits`
  bool times_splits = false;
  StepUse use = StepUse::kAlways;
  /// Writes the phase for the warps that the builder has.
  std::function<void(KernelBuilder&, Binding&, CacheUse activations)> emit;
};

struct TokenPhases {
  TokenPhase embed;
  std::vector<TokenPhase> layer;
  TokenPhase head;
};

/// `form`: the persistent kernel splits attention whenever the context is long enough.
TokenPhases token_phases(const graph::Model& model, const GpuProgram& program,
                         const ModelBuffers& buffers, const GpuSpec& spec, TokenForm form);

}  // namespace metronome::gpu
