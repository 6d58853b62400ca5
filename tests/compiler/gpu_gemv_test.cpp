// SPDX-License-Identifier: Apache-2.0
// Matrix times vector on a GPU against plain loops in double, and the control bits of its kernels.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>

#include "compiler/gpu/gemv.h"
#include "hw/isa/numerics/half.h"
#include "tests/compiler/gpu_interpreter.h"

namespace metronome::gpu {
namespace {

/// What a product has beside the matrix.
enum Part : unsigned {
  kGated = 1U,
  kGelu = 2U,
  kNorm = 4U,
  kBias = 8U,
  kResidual = 16U,
  kUnstaged = 32U,  // the vector is not put into shared memory
};

struct GemvCase {
  const char* spec;
  int warps;
  std::int64_t rows;
  std::int64_t cols;  // of the matrix
  unsigned parts = 0;

  bool has(Part part) const { return (parts & part) != 0; }
};

std::ostream& operator<<(std::ostream& out, const GemvCase& c) {
  return out << c.spec << ", " << c.warps << " warps, " << c.rows << " x " << c.cols
             << (c.has(kGated) ? ", gated" : "") << (c.has(kGelu) ? " gelu" : "")
             << (c.has(kNorm) ? ", norm" : "") << (c.has(kBias) ? ", bias" : "")
             << (c.has(kResidual) ? ", residual" : "") << (c.has(kUnstaged) ? ", not staged" : "");
}

/// Operands of a case, and the sums in double.
struct GemvData {
  explicit GemvData(const GemvCase& c)
      : padded((c.cols + 7) / 8 * 8), stored(c.has(kGated) ? 2 * c.rows : c.rows) {
    std::mt19937_64 random(static_cast<std::uint64_t>(c.rows * 7919 + c.cols));
    const auto next = [&] { return static_cast<float>(random() >> 40) * 0x1p-23F - 1.0F; };
    weights.resize(static_cast<std::size_t>(stored * padded));
    vector.resize(static_cast<std::size_t>(padded));
    norm.resize(vector.size());
    for (std::int64_t k = 0; k < c.cols; ++k) {
      vector[static_cast<std::size_t>(k)] = next();
      norm[static_cast<std::size_t>(k)] = 1.0F + 0.5F * next();
    }
    for (std::int64_t r = 0; r < stored; ++r) {
      bias.push_back(next());
      for (std::int64_t k = 0; k < c.cols; ++k) {
        weights[static_cast<std::size_t>(r * padded + k)] = numerics::float_to_half(next());
      }
    }
    for (std::int64_t r = 0; r < c.rows; ++r) residual.push_back(next());
  }

  double sum(const GemvCase& c, std::int64_t row) const {
    double squares = 0;
    for (const float x : vector) squares += static_cast<double>(x) * x;
    const double scale =
        c.has(kNorm) ? 1.0 / std::sqrt(squares / static_cast<double>(c.cols) + 1e-5) : 1;
    double total = 0;
    for (std::int64_t k = 0; k < c.cols; ++k) {
      const auto i = static_cast<std::size_t>(k);
      const double w = numerics::half_to_float(weights[static_cast<std::size_t>(row * padded + k)]);
      total += w * vector[i] * (c.has(kNorm) ? static_cast<double>(norm[i]) : 1.0);
    }
    return total * scale +
           (c.has(kBias) ? static_cast<double>(bias[static_cast<std::size_t>(row)]) : 0);
  }

  double result(const GemvCase& c, std::int64_t row) const {
    double value = 0;
    if (c.has(kGated)) {
      const double g = sum(c, 2 * row);
      const double z = 0.7978845608 * (g + 0.044715 * g * g * g);
      const double active = c.has(kGelu) ? 0.5 * g * (1 + std::tanh(z)) : g / (1 + std::exp(-g));
      value = active * sum(c, 2 * row + 1);
    } else {
      value = sum(c, row);
    }
    return value +
           (c.has(kResidual) ? static_cast<double>(residual[static_cast<std::size_t>(row)]) : 0);
  }

  std::int64_t padded;
  std::int64_t stored;
  std::vector<std::uint16_t> weights;
  std::vector<float> vector, norm, bias, residual;
};

std::vector<float> run_gemv(const GemvCase& c, const GemvData& data, std::int64_t ctas) {
  const GpuSpec spec = gpu_preset(c.spec);
  const GemvShape shape{
      c.rows, data.padded,  c.has(kGated),   c.has(kGelu), c.has(kNorm) ? c.cols : 0,
      1e-5F,  c.has(kBias), c.has(kResidual)};
  GemvTiling tiling = gemv_tiling(shape, c.warps, spec);
  tiling.staged = tiling.staged && !c.has(kUnstaged);
  KernelBuilder k("gemv", c.warps * kWarpLanes);
  GemvPointers at;
  for (Pointer* p : {&at.weights, &at.vector, &at.norm, &at.bias, &at.residual, &at.result}) {
    p->base = k.parameter();
  }
  emit_gemv(k, shape, tiling, at, CacheUse::kAll);
  const Kernel kernel = k.finish(spec);
  validate(kernel, spec);
  FlatMemory memory;
  Launch launch{&kernel, "gemv", ctas, 1, {}};
  launch.parameters = {memory.put(std::span(data.weights)),  memory.put(std::span(data.vector)),
                       memory.put(std::span(data.norm)),     memory.put(std::span(data.bias)),
                       memory.put(std::span(data.residual)), memory.allocate(4 * c.rows)};
  interpret(launch, spec, memory);
  return memory.get<float>(launch.parameters.back(), c.rows);
}

class Gemv : public ::testing::TestWithParam<GemvCase> {};

TEST_P(Gemv, MultipliesAsPlainLoopsDo) {
  const GemvCase& c = GetParam();
  const GemvData data(c);
  const std::vector<float> one = run_gemv(c, data, 1);
  const std::vector<float> three = run_gemv(c, data, 3);
  EXPECT_EQ(one, three) << "the number of CTAs must not matter";
  for (std::int64_t r = 0; r < c.rows; ++r) {
    const double expected = data.result(c, r);
    // Products of magnitude 1 or less: errors add up with the columns, in units of fp32.
    const double bound = 1e-6 * (4 + std::sqrt(static_cast<double>(c.cols)) + std::abs(expected));
    ASSERT_NEAR(one[static_cast<std::size_t>(r)], expected, bound) << "row " << r;
  }
}

constexpr GemvCase kGemvCases[] = {
    {"h100", 4, 1, 1},
    {"h100", 4, 1, 8},
    {"h100", 4, 3, 5},
    {"h100", 4, 17, 24},
    {"h100", 4, 33, 40},
    {"h100", 4, 64, 64, kNorm},
    {"h100", 4, 65, 100, kNorm | kBias},
    {"h100", 8, 40, 256, kResidual},
    {"h100", 8, 40, 257, kBias | kResidual},
    {"h100", 16, 10, 4096, kNorm},
    {"h100", 16, 10, 1032, kNorm | kResidual},
    {"h100", 4, 30, 2048, kBias},
    {"h100", 4, 19, 48, kGated | kNorm},
    {"h100", 4, 19, 264, kGated | kGelu | kNorm | kBias},
    {"h100", 16, 7, 4096, kGated | kNorm},
    {"h100", 4, 12, 520, kNorm | kUnstaged},
    {"h100", 4, 12, 2056, kGated | kNorm | kBias | kUnstaged},
    {"h100", 4, 12, 300, kResidual | kUnstaged},
    {"teaching", 4, 300, 96, kBias | kResidual},
    {"teaching", 4, 302, 512, kNorm},
    {"teaching", 1, 50, 64, kNorm},
    {"teaching", 2, 50, 1024, kResidual},
    {"teaching", 4, 6, 4096, kNorm},
    {"a100", 8, 5, 8192},
    {"v100", 8, 9, 72, kGated | kNorm},
};

INSTANTIATE_TEST_SUITE_P(Shapes, Gemv, ::testing::ValuesIn(kGemvCases));

TEST(GemvTiling, GivesEveryLaneOfAWarpWorkWhereRowsAreShort) {
  const GpuSpec spec = gpu_preset("h100");
  EXPECT_EQ(gemv_tiling({.rows = 100, .cols = 64}, 4, spec).lanes, 8);
  EXPECT_EQ(gemv_tiling({.rows = 100, .cols = 4096}, 4, spec).lanes, 32);
  EXPECT_EQ(gemv_tiling({.rows = 100, .cols = 8}, 4, spec).lanes, 1);
}

TEST(GemvTiling, SplitsRowsOverWarpsWhereRowsAreFew) {
  const GpuSpec spec = gpu_preset("h100");
  EXPECT_GT(gemv_tiling({.rows = 64, .cols = 4096}, 16, spec).slices, 1);
  EXPECT_EQ(gemv_tiling({.rows = 100'000, .cols = 4096}, 16, spec).slices, 1);
}

}  // namespace
}  // namespace metronome::gpu
