// SPDX-License-Identifier: Apache-2.0
// int8 dot products on x86 with AVX-512 VNNI, which Highway 1.0 has no operation for.
#pragma once

#include <cstddef>
#include <cstdint>

namespace metronome::lpu::simd {

/// As dot_rows_i8. Hosts without AVX-512BW, VL and VNNI must not call it.
void dot_rows_i8_vnni(const int8_t* activations, size_t k, const int8_t* const* rows,
                      size_t row_count, int32_t* out);

}  // namespace metronome::lpu::simd
