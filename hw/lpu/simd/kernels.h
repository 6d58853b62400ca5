// SPDX-License-Identifier: Apache-2.0
// All host SIMD kernels of the LPU.
#pragma once

#include "hw/lpu/simd/convert.h"      // IWYU pragma: export
#include "hw/lpu/simd/dot.h"          // IWYU pragma: export
#include "hw/lpu/simd/elementwise.h"  // IWYU pragma: export
#include "hw/lpu/simd/target.h"       // IWYU pragma: export
