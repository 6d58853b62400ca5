// SPDX-License-Identifier: Apache-2.0
// Attention, rotation and embedding kernels of a GPU against plain loops in double.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "compiler/gpu/token_kernels.h"
#include "compiler/ops/ops.h"
#include "hw/isa/numerics/half.h"
#include "tests/compiler/gpu_interpreter.h"

namespace metronome::gpu {
namespace {

class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : random_(seed) {}
  float next() { return static_cast<float>(random_() >> 40) * 0x1p-23F - 1.0F; }
  std::vector<float> some(std::int64_t count) {
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& v : values) v = next();
    return values;
  }

 private:
  std::mt19937_64 random_;
};

struct AttentionCase {
  const char* spec;
  int warps;
  AttentionShape shape;
  std::int64_t position;
};

std::ostream& operator<<(std::ostream& out, const AttentionCase& c) {
  return out << c.spec << ", " << c.warps << " warps, " << c.shape.heads << "/" << c.shape.kv_heads
             << " heads of " << c.shape.head_dim << ", position " << c.position << " in splits of "
             << c.shape.chunk;
}

struct AttentionData {
  explicit AttentionData(const AttentionShape& s) : stride(static_cast<std::size_t>(s.stride())) {
    Numbers numbers(static_cast<std::uint64_t>(s.head_dim * 31 + s.context));
    query = numbers.some(s.heads * s.stride());
    keys = numbers.some(s.kv_heads * s.context * s.stride());
    values = numbers.some(s.kv_heads * s.context * s.stride());
    for (std::vector<float>* all : {&query, &keys, &values}) {
      for (std::size_t i = 0; i < all->size(); ++i) {
        if (i % stride >= static_cast<std::size_t>(s.head_dim)) (*all)[i] = 0.0F;
      }
    }
  }

  /// Of one head.
  std::vector<double> result(const AttentionCase& c, std::int64_t head) const {
    const AttentionShape& s = c.shape;
    const auto row = [&](std::int64_t t) {
      return static_cast<std::size_t>(head / (s.heads / s.kv_heads) * s.context + t) * stride;
    };
    const float* q = query.data() + static_cast<std::size_t>(head) * stride;
    std::vector<double> out(stride, 0.0);
    double total = 0;
    for (std::int64_t t = 0; t <= c.position; ++t) {
      double dot = 0;
      for (std::size_t d = 0; d < stride; ++d) dot += static_cast<double>(q[d]) * keys[row(t) + d];
      const double e = std::exp(dot);
      total += e;
      for (std::size_t d = 0; d < stride; ++d) out[d] += e * values[row(t) + d];
    }
    for (double& v : out) v /= total;
    return out;
  }

  std::size_t stride;
  std::vector<float> query, keys, values;
};

class Attention : public ::testing::TestWithParam<AttentionCase> {
 protected:
  enum Index : std::size_t { kQuery, kKeys, kValues, kResult, kPartial, kWeights, kPosition };

  static AttentionPointers pointers(KernelBuilder& k, Value& position) {
    AttentionPointers at;
    for (Pointer* p : {&at.query, &at.keys, &at.values, &at.result, &at.partial, &at.weights}) {
      p->base = k.parameter();
    }
    position = k.load(1, Pointer{k.parameter(), {}, 0}, {}, CacheUse::kL2);
    return at;
  }

  static void run(const AttentionCase& c, std::int64_t ctas, FlatMemory& memory,
                  const std::vector<std::uint64_t>& parameters, bool split, bool reduce) {
    const GpuSpec spec = gpu_preset(c.spec);
    KernelBuilder k("attention", c.warps * kWarpLanes);
    Value position;
    const AttentionPointers at = pointers(k, position);
    if (reduce) {
      emit_attention_reduce(k, c.shape, at, position, CacheUse::kAll);
    } else {
      emit_attention(k, spec, c.shape, at, position, split, CacheUse::kAll);
    }
    const Kernel kernel = k.finish(spec);
    validate(kernel, spec);
    interpret({&kernel, "attention", ctas, 1, parameters}, spec, memory);
  }

  static std::vector<std::uint64_t> place(const AttentionCase& c, const AttentionData& data,
                                          FlatMemory& memory) {
    const AttentionShape& s = c.shape;
    const std::int64_t splits = s.heads * s.stored_splits();
    const std::vector<std::int32_t> position = {static_cast<std::int32_t>(c.position)};
    return {memory.put(std::span(data.query)),
            memory.put(std::span(data.keys)),
            memory.put(std::span(data.values)),
            memory.allocate(4 * s.heads * s.stride()),
            memory.allocate(4 * splits * s.stride()),
            memory.allocate(8 * splits),
            memory.put(std::span<const std::int32_t>(position))};
  }

  static void expect_right(const AttentionCase& c, const AttentionData& data,
                           const std::vector<float>& found) {
    for (std::int64_t h = 0; h < c.shape.heads; ++h) {
      const std::vector<double> expected = data.result(c, h);
      for (std::size_t d = 0; d < data.stride; ++d) {
        const float value = found[static_cast<std::size_t>(h) * data.stride + d];
        ASSERT_NEAR(value, expected[d], 2e-5) << "head " << h << ", value " << d;
      }
    }
  }
};

TEST_P(Attention, WeighsValuesAsPlainLoopsDoInOneSplit) {
  const AttentionCase& c = GetParam();
  const AttentionData data(c.shape);
  FlatMemory memory;
  const std::vector<std::uint64_t> parameters = place(c, data, memory);
  run(c, 2, memory, parameters, false, false);
  expect_right(c, data, memory.get<float>(parameters[kResult], c.shape.heads * c.shape.stride()));
}

TEST_P(Attention, WeighsValuesAsPlainLoopsDoInAllSplits) {
  const AttentionCase& c = GetParam();
  const AttentionData data(c.shape);
  FlatMemory memory;
  const std::vector<std::uint64_t> parameters = place(c, data, memory);
  run(c, c.shape.heads * c.shape.splits(c.position), memory, parameters, true, false);
  run(c, 2, memory, parameters, true, true);
  expect_right(c, data, memory.get<float>(parameters[kResult], c.shape.heads * c.shape.stride()));
}

const AttentionCase kAttentionCases[] = {
    {"h100", 4, {1, 1, 2, 1, 64}, 0},        {"h100", 4, {2, 1, 8, 16, 64}, 5},
    {"h100", 4, {6, 2, 6, 40, 16}, 39},      {"h100", 4, {4, 4, 64, 300, 128}, 299},
    {"h100", 4, {3, 1, 128, 130, 64}, 128},  {"h100", 4, {2, 2, 256, 70, 32}, 64},
    {"h100", 4, {2, 1, 192, 70, 32}, 69},    {"h100", 16, {2, 1, 80, 100, 16}, 77},
    {"h100", 1, {12, 4, 20, 33, 8}, 31},     {"h100", 8, {5, 5, 32, 600, 64}, 599},
    {"teaching", 4, {4, 2, 16, 50, 16}, 49}, {"teaching", 2, {4, 2, 128, 50, 16}, 16},
};

INSTANTIATE_TEST_SUITE_P(Shapes, Attention, ::testing::ValuesIn(kAttentionCases));

class Rotation : public ::testing::TestWithParam<AttentionShape> {};

TEST_P(Rotation, RotatesQueriesAndKeysAndAppendsToTheCaches) {
  const AttentionShape s = GetParam();
  const GpuSpec spec = gpu_preset("h100");
  const std::int64_t position = s.context - 1;
  const graph::Rope rope;
  std::vector<float> angles(static_cast<std::size_t>(s.context * s.head_dim));
  const ops::RopeRow row = ops::rope_row(rope, s.head_dim, position);
  for (std::size_t i = 0; i < row.cosine.size(); ++i) {
    const auto at = static_cast<std::size_t>(position * s.head_dim) + 2 * i;
    angles[at] = row.cosine[i];
    angles[at + 1] = row.sine[i];
  }
  Numbers numbers(5);
  const std::vector<float> input = numbers.some((s.heads + 2 * s.kv_heads) * s.head_dim);

  KernelBuilder k("rope", 2 * kWarpLanes);
  RopePointers at;
  for (Pointer* p : {&at.input, &at.angles, &at.query, &at.keys, &at.values}) {
    p->base = k.parameter();
  }
  emit_rope(k, s, at, 0.25F, k.mov(static_cast<int>(position)), CacheUse::kAll);
  const Kernel kernel = k.finish(spec);
  validate(kernel, spec);
  FlatMemory memory;
  const std::int64_t cache = s.kv_heads * s.context * s.stride();
  const std::vector<std::uint64_t> places = {
      memory.put(std::span(input)), memory.put(std::span<const float>(angles)),
      memory.allocate(4 * s.heads * s.stride()), memory.allocate(4 * cache),
      memory.allocate(4 * cache)};
  interpret({&kernel, "rope", 3, 1, places}, spec, memory);

  const auto head = [&](std::int64_t index) {
    return std::span(input).subspan(static_cast<std::size_t>(index * s.head_dim),
                                    static_cast<std::size_t>(s.head_dim));
  };
  const auto found = [&](std::size_t buffer, std::int64_t at_row) {
    return memory.get<float>(places[buffer] + static_cast<Address>(4 * at_row * s.stride()),
                             s.head_dim);
  };
  const auto near = [&](const std::vector<float>& a, const std::vector<float>& b) {
    for (std::size_t i = 0; i < b.size(); ++i) EXPECT_NEAR(a[i], b[i], 4e-7) << i;
  };
  for (std::int64_t h = 0; h < s.heads; ++h) near(found(2, h), ops::rope(head(h), row, 0.25F));
  for (std::int64_t h = 0; h < s.kv_heads; ++h) {
    const std::int64_t cache_row = h * s.context + position;
    near(found(3, cache_row), ops::rope(head(s.heads + h), row, 1.0F));
    const auto value = head(s.heads + s.kv_heads + h);
    EXPECT_EQ(found(4, cache_row), std::vector<float>(value.begin(), value.end()));
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, Rotation,
                         ::testing::Values(AttentionShape{1, 1, 2, 1, 64},
                                           AttentionShape{4, 2, 6, 9, 64},
                                           AttentionShape{3, 3, 64, 5, 64},
                                           AttentionShape{6, 1, 128, 3, 64},
                                           AttentionShape{2, 2, 256, 2, 64}));

TEST(Embedding, WidensTheTokensRow) {
  const GpuSpec spec = gpu_preset("h100");
  const EmbedShape shape{1000, 2.5F};
  Numbers numbers(3);
  std::vector<std::uint16_t> table(3000);
  for (std::uint16_t& half : table) half = numerics::float_to_half(numbers.next());
  KernelBuilder k("embed", kWarpLanes);
  const Parameter from = k.parameter();
  const Parameter to = k.parameter();
  emit_embed(k, shape, {from, {}, 0}, {to, {}, 0}, k.mov(2));
  const Kernel kernel = k.finish(spec);
  FlatMemory memory;
  const Address at = memory.put(std::span<const std::uint16_t>(table));
  const Address result = memory.allocate(4000);
  interpret({&kernel, "embed", 2, 1, {at, result}}, spec, memory);
  const ops::Values expected = ops::embed(std::span(table).subspan(2000), 2.5F);
  EXPECT_EQ(memory.get<float>(result, 1000), expected);
}

}  // namespace
}  // namespace metronome::gpu
