// SPDX-License-Identifier: Apache-2.0
// What lies in device memory for a model, and how the host fills it. Each kind of parameter lies
// together for all layers, so that a kernel can reach any layer by an offset of 32 bits.
#pragma once

#include "compiler/gpu/gpu_program.h"

namespace metronome::gpu {

/// Places of a model's parts: buffers of the program and the sizes of a layer's share.
struct ModelBuffers {
  int mailbox, angles;
  int table, head;  // one buffer if the head is tied
  int qkv_weights, output_weights, gate_up_weights, down_weights;
  int attention_norm, ffn_norm, final_norm;
  int qkv_bias, output_bias, gate_up_bias, down_bias;  // -1: no layer has one
  int keys, values;
  int stream, qkv, query, attended, gated;  // activations
  int partial, split_weights;               // -1: never more than one split
  int logits;
};

/// Sizes in values, padded as they are stored.
struct ModelSizes {
  std::int64_t width = 0;  // multiples of 8
  std::int64_t attended = 0;
  std::int64_t ffn = 0;
  std::int64_t qkv_rows = 0;
};
ModelSizes model_sizes(const graph::ModelConfig& config, const AttentionShape& attention);

/// Bytes between a layer's share of `buffer` and the next one's.
std::int64_t layer_stride(const GpuProgram& program, int buffer);

/// Puts the buffers into `program`. `model` must outlive their filling.
/// Errors: UserError naming a buffer that 32-bit offsets do not reach.
ModelBuffers plan_buffers(const graph::Model& model, GpuProgram& program);

}  // namespace metronome::gpu
