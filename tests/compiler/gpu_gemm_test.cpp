// SPDX-License-Identifier: Apache-2.0
// Matrix times matrix on the tensor cores of a GPU against plain loops in double.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "compiler/gpu/gemm.h"
#include "hw/isa/numerics/half.h"
#include "tests/compiler/gpu_interpreter.h"

namespace metronome::gpu {
namespace {

struct GemmCase {
  const char* spec;
  GemmTiling tiling;
  GemmShape shape;
};

std::ostream& operator<<(std::ostream& out, const GemmCase& c) {
  return out << c.spec << ", tile " << c.tiling.tile << ", " << c.tiling.stages << " stages, "
             << c.shape.rows << " x " << c.shape.cols << " x " << c.shape.depth;
}

class Gemm : public ::testing::TestWithParam<GemmCase> {};

TEST_P(Gemm, MultipliesAsPlainLoopsDo) {
  const GemmCase& c = GetParam();
  const GemmShape& s = c.shape;
  const GpuSpec spec = gpu_preset(c.spec);
  std::mt19937_64 random(11);
  const auto halves = [&](std::int64_t count) {
    std::vector<std::uint16_t> values(static_cast<std::size_t>(count));
    for (std::uint16_t& v : values) {
      v = numerics::float_to_half(static_cast<float>(random() >> 40) * 0x1p-23F - 1.0F);
    }
    return values;
  };
  const std::vector<std::uint16_t> x = halves(s.rows * s.depth);
  const std::vector<std::uint16_t> w = halves(s.cols * s.depth);
  KernelBuilder k("gemm", kGemmThreads);
  const GemmPointers at{{k.parameter(), {}, 0}, {k.parameter(), {}, 0}, {k.parameter(), {}, 0}};
  emit_gemm(k, s, c.tiling, at);
  const Kernel kernel = k.finish(spec);
  validate(kernel, spec);
  FlatMemory memory;
  const Address result = memory.allocate(4 * s.rows * s.cols);
  interpret({&kernel, "gemm", 3, 1, {memory.put(std::span(x)), memory.put(std::span(w)), result}},
            spec, memory);
  const std::vector<float> found = memory.get<float>(result, s.rows * s.cols);
  for (std::int64_t r = 0; r < s.rows; ++r) {
    for (std::int64_t col = 0; col < s.cols; ++col) {
      double expected = 0;
      for (std::int64_t d = 0; d < s.depth; ++d) {
        expected += static_cast<double>(
                        numerics::half_to_float(x[static_cast<std::size_t>(r * s.depth + d)])) *
                    numerics::half_to_float(w[static_cast<std::size_t>(col * s.depth + d)]);
      }
      ASSERT_NEAR(found[static_cast<std::size_t>(r * s.cols + col)], expected,
                  1e-6 * (4 + static_cast<double>(s.depth)))
          << "row " << r << ", column " << col;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, Gemm,
                         ::testing::Values(GemmCase{"h100", {64, 2}, {1, 1, 8}},
                                           GemmCase{"h100", {64, 2}, {64, 64, 32}},
                                           GemmCase{"h100", {64, 3}, {65, 130, 96}},
                                           GemmCase{"h100", {64, 5}, {100, 70, 40}},
                                           GemmCase{"h100", {32, 8}, {33, 31, 200}},
                                           GemmCase{"h100", {32, 8}, {8, 64, 512}},
                                           GemmCase{"h100", {32, 4}, {8, 64, 128}},
                                           GemmCase{"a100", {32, 3}, {7, 96, 64}},
                                           GemmCase{"teaching", {32, 2}, {40, 40, 72}}));

TEST(GemmTiling, IsSmallWhereLargeTilesWouldLeaveSmsIdle) {
  const GpuSpec spec = gpu_preset("h100");
  EXPECT_EQ(gemm_tiling({16, 512, 512}, spec).tile, 32);
  EXPECT_EQ(gemm_tiling({2048, 2048, 512}, spec).tile, 64);
}

TEST(GemmTiling, HasAsManyStagesAsFourCtasOfAnSmHaveRoomFor) {
  EXPECT_EQ(gemm_tiling({8, 4096, 4096}, gpu_preset("h100")).stages, 8);
  EXPECT_EQ(gemm_tiling({2048, 2048, 512}, gpu_preset("h100")).stages, 5);
  EXPECT_EQ(gemm_tiling({8, 64, 64}, gpu_preset("teaching")).stages, 2);
}

}  // namespace
}  // namespace metronome::gpu
