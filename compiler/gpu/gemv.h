// SPDX-License-Identifier: Apache-2.0
// Matrix times vector: fp16 weights, fp32 activations and sums.
//
// A CTA puts the vector into its shared memory once, times the weights of an RMSNorm if there is
// one, and then takes groups of rows. A row belongs to a group of lanes; each lane loads 16 bytes
// of weights at a time, several loads at once, and the lanes add up their sums at the end. The
// factor of the norm comes after the product, so that no pass over the vector waits for it.
#pragma once

#include "compiler/gpu/kernel_builder.h"

namespace metronome::gpu {

struct GemvShape {
  std::int64_t rows = 1;    // results
  std::int64_t cols = 8;    // halves of a stored row, a multiple of 8; zeros beyond the matrix
  bool gated = false;       // two stored rows a result: activation(first) * second
  bool gelu = false;        // the activation: tanh GELU, else SiLU
  std::int64_t normed = 0;  // values of the RMSNorm of the vector; 0: none
  float epsilon = 0.0F;
  bool bias = false;      // of each stored row
  bool residual = false;  // added to each result
};

struct GemvTiling {
  int lanes = 32;      // of a row: a power of two
  int rows = 1;        // results of a group of lanes: 1 or 2
  int slices = 1;      // warps that share a row
  int unroll = 4;      // steps whose loads are in flight together
  bool staged = true;  // the vector fits in shared memory
};

struct GemvPointers {
  Pointer weights;   // [rows (* 2 if gated)][cols] fp16
  Pointer vector;    // [cols] fp32, zeros beyond the matrix
  Pointer norm;      // [cols] fp32
  Pointer bias;      // [rows (* 2 if gated)] fp32
  Pointer residual;  // [rows] fp32
  Pointer result;    // [rows] fp32
};

GemvTiling gemv_tiling(const GemvShape& shape, int warps, const GpuSpec& spec);
/// Groups of rows that the CTAs of a grid take one after the other.
std::int64_t gemv_items(const GemvShape& shape, const GemvTiling& tiling, int warps);

/// `activations`: how the vector and what is added are loaded.
void emit_gemv(KernelBuilder& k, const GemvShape& shape, const GemvTiling& tiling,
               const GemvPointers& at, CacheUse activations);

}  // namespace metronome::gpu
