// SPDX-License-Identifier: Apache-2.0
// Matrix times matrix on tensor cores, for prefill and batches: fp16 operands, fp32 sums. A CTA of
// four warps makes a square tile of the result; the next pieces of both operands come into a ring
// in shared memory in the background while the tensor cores work on this one.
#pragma once

#include "compiler/gpu/kernel_builder.h"

namespace metronome::gpu {

struct GemmShape {
  std::int64_t rows = 1;   // of x and of the result
  std::int64_t cols = 1;   // of the result: rows of the weights
  std::int64_t depth = 8;  // halves of a stored row of either, a multiple of 8
};

struct GemmPointers {
  Pointer x;        // [rows][depth] fp16
  Pointer weights;  // [cols][depth] fp16
  Pointer result;   // [rows][cols] fp32
};

inline constexpr int kGemmThreads = 128;

struct GemmTiling {
  int tile = 32;   // rows and columns
  int stages = 2;  // pieces of both operands in shared memory, one in use, the others on their way
};

/// Tiles of 64, or of 32 where shared memory or the matrices are small. A row of few tiles streams
/// its weights once: more stages keep more of them in flight.
GemmTiling gemm_tiling(const GemmShape& shape, const GpuSpec& spec);
std::int64_t gemm_items(const GemmShape& shape, int tile);
/// The builder has kGemmThreads threads.
void emit_gemm(KernelBuilder& k, const GemmShape& shape, const GemmTiling& tiling,
               const GemmPointers& at);

}  // namespace metronome::gpu
