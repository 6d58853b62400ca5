// SPDX-License-Identifier: Apache-2.0
// Lowers the decode step of a model to a GPU program.
//
// A layer is six kernels: norm and Q, K, V; rotation and the caches' new rows; attention, with a
// seventh that joins its splits; output and residual; norm, gate, up and activation; down and
// residual. The embedding comes before the layers, the final norm and the head after them. The
// persistent form is one kernel of the same phases, a CTA on each SM, and a loop over the layers.
#pragma once

#include "compiler/gpu/gpu_program.h"

namespace metronome::gpu {

/// Positions [0, context) are covered. `model` must outlive the filling of the buffers.
/// Errors: UserError for what the kernels do not cover, by name, and for shapes that contradict.
GpuProgram lower_decode(const graph::Model& model, const GpuSpec& spec, TokenForm form,
                        std::int64_t context);

}  // namespace metronome::gpu
