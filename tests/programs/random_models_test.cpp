// SPDX-License-Identifier: Apache-2.0
// For models of many shapes the chip's logits are the reference executor's, bit for bit, in exactly
// the cycles predicted.
#include <gtest/gtest.h>

#include <ostream>

#include "tests/programs/equal_results.h"

namespace metronome::testing {
namespace {

using harness::RandomShape;

struct Row {
  RandomShape shape;
  std::size_t tokens;

  friend void PrintTo(const Row& row, std::ostream* out) { *out << row.shape.name; }
};

RandomShape shape_of(const char* name, std::int64_t width, std::int64_t heads,
                     std::int64_t kv_heads, std::int64_t head_dim) {
  RandomShape s;
  s.name = name;
  s.width = width;
  s.heads = heads;
  s.kv_heads = kv_heads;
  s.head_dim = head_dim;
  return s;
}

template <typename Change>
RandomShape with(RandomShape shape, Change change) {
  change(shape);
  return shape;
}

// 16 lanes: widths from 24 on take several blocks, head_dim 16 one head a vector, 8 two.
std::vector<Row> teaching_rows() {
  std::vector<Row> rows;
  for (const std::int64_t kv : {4, 2, 1}) {  // A31
    rows.push_back({shape_of("heads of 8", 32, 4, kv, 8), 8});
    rows.push_back({shape_of("heads of 16", 64, 4, kv, 16), 8});
  }
  rows.push_back({shape_of("one lane short of a block", 15, 1, 1, 8), 4});
  rows.push_back({shape_of("one value more than a block", 17, 2, 2, 8), 4});
  rows.push_back({shape_of("narrower than the lanes", 8, 1, 1, 8), 4});
  rows.push_back({shape_of("heads that leave lanes empty", 20, 3, 1, 6), 6});
  rows.push_back({with(shape_of("awkward sizes", 80, 5, 1, 12),  // A26
                       [](RandomShape& s) {
                         s.ffn = 172;
                         s.vocab = 97;
                         s.layers = 1;
                       }),
                  6});
  rows.push_back({with(shape_of("over a program boundary", 24, 2, 1, 8),
                       [](RandomShape& s) {
                         s.context = 70;
                         s.layers = 1;
                       }),
                  70});
  return rows;
}

std::vector<Row> variant_rows() {
  std::vector<Row> rows;
  const RandomShape base = shape_of("", 24, 4, 2, 8);
  const auto add = [&](const char* name, auto change) {
    rows.push_back({with(base, change), 6});
    rows.back().shape.name = name;
  };
  add("qwen2", [](RandomShape& s) {
    s.architecture = "qwen2";
    s.biases = true;
    s.rope.base = 1e6;
  });
  add("gemma", [](RandomShape& s) {
    s.architecture = "gemma";
    s.activation = graph::Activation::kGeluTanh;
    s.embedding_scale = 4.8984375F;
  });
  add("untied head", [](RandomShape& s) { s.tied = false; });
  add("biases everywhere", [](RandomShape& s) { s.all_biases = true; });
  add("linear rope", [](RandomShape& s) {
    s.rope.scaling = graph::RopeScaling::kLinear;
    s.rope.factor = 2.0;
  });
  add("llama3 rope",
      [](RandomShape& s) { s.rope = {5e5, graph::RopeScaling::kLlama3, 8.0, 1.0, 4.0, 32, {}}; });
  add("rope divisors of the file", [](RandomShape& s) {
    s.rope.frequency_divisors = {1.0F, 1.5F, 3.0F, 8.0F};
  });
  add("large epsilon", [](RandomShape& s) { s.rms_eps = 0.1F; });
  add("one position", [](RandomShape& s) { s.context = 1; });
  rows.back().tokens = 1;
  return rows;
}

using Case = std::tuple<Row, ops::Precision>;
const auto kPrecisions =
    ::testing::Values(ops::Precision::kFp16, ops::Precision::kInt8, ops::Precision::kW8A16);

class TeachingChip : public ::testing::TestWithParam<Case> {};

TEST_P(TeachingChip, ComputesWhatTheReferenceDoes) {
  const auto& [row, precision] = GetParam();
  expect_equal_results(row.shape, lpu::teaching(), row.tokens, precision);
}

std::string name_of(const ::testing::TestParamInfo<Case>& info) {
  const auto& [row, precision] = info.param;
  std::string name = row.shape.name + " kv " + std::to_string(row.shape.kv_heads) + " in " +
                     std::string(ops::to_string(precision));
  for (char& c : name) {
    if (c == ' ') c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Shapes, TeachingChip,
                         ::testing::Combine(::testing::ValuesIn(teaching_rows()), kPrecisions),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Variants, TeachingChip,
                         ::testing::Combine(::testing::ValuesIn(variant_rows()), kPrecisions),
                         name_of);

std::vector<Row> full_size_rows() {
  std::vector<Row> rows;
  rows.push_back({shape_of("heads of 64", 128, 4, 2, 64), 5});
  rows.push_back({shape_of("explicit head_dim", 64, 3, 1, 24), 6});  // A12
  rows.push_back({with(shape_of("awkward sizes", 80, 4, 1, 20),      // A26
                       [](RandomShape& s) {
                         s.ffn = 172;
                         s.vocab = 97;
                       }),
                  6});
  rows.push_back({with(shape_of("wider than the lanes", 400, 8, 2, 64),
                       [](RandomShape& s) {
                         s.ffn = 700;
                         s.vocab = 650;
                         s.layers = 1;
                       }),
                  4});
  rows.push_back({with(shape_of("exactly the lanes", 320, 5, 5, 64),
                       [](RandomShape& s) {
                         s.layers = 1;
                         s.ffn = 640;
                         s.vocab = 321;
                       }),
                  4});
  rows.push_back({with(shape_of("qwen2", 160, 5, 1, 64),
                       [](RandomShape& s) {
                         s.biases = true;
                         s.layers = 1;
                       }),
                  4});
  rows.push_back({with(shape_of("gemma", 96, 2, 1, 256),
                       [](RandomShape& s) {
                         s.activation = graph::Activation::kGeluTanh;
                         s.embedding_scale = 9.796875F;
                         s.layers = 1;
                       }),
                  4});
  rows.push_back({with(shape_of("over two program boundaries", 48, 4, 2, 16),
                       [](RandomShape& s) {
                         s.context = 200;
                         s.layers = 1;
                       }),
                  135});
  return rows;
}

class FullSizeChip : public ::testing::TestWithParam<Case> {};

TEST_P(FullSizeChip, ComputesWhatTheReferenceDoes) {
  const auto& [row, precision] = GetParam();
  expect_equal_results(row.shape, lpu::groq1(), row.tokens, precision);
}

INSTANTIATE_TEST_SUITE_P(Shapes, FullSizeChip,
                         ::testing::Combine(::testing::ValuesIn(full_size_rows()),
                                            ::testing::Values(ops::Precision::kFp16,
                                                              ops::Precision::kInt8)),
                         name_of);

class AnyNumberOfSuperlanes : public ::testing::TestWithParam<std::tuple<int, ops::Precision>> {};

TEST_P(AnyNumberOfSuperlanes, ComputesWhatTheReferenceDoes) {  // D06
  lpu::ChipSpec spec = lpu::teaching();
  spec.superlanes = std::get<0>(GetParam());
  expect_equal_results(shape_of("heads of 16", 72, 3, 1, 16), spec, 5, std::get<1>(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Chips, AnyNumberOfSuperlanes,
                         ::testing::Combine(::testing::Values(1, 2, 3, 4, 5, 7, 19, 20),
                                            ::testing::Values(ops::Precision::kFp16,
                                                              ops::Precision::kInt8)));

}  // namespace
}  // namespace metronome::testing
