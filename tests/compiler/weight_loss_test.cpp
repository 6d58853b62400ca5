// SPDX-License-Identifier: Apache-2.0
// What is said about the loss of weights, against losses worked out by hand.
#include "compiler/ops/weight_loss.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/harness/random_model.h"

namespace metronome::ops {
namespace {

using ::testing::HasSubstr;

graph::Matrix matrix_of(std::string name, std::int64_t rows, std::int64_t cols,
                        std::vector<float> values) {
  return {std::move(name), rows, cols,
          [cols, values = std::move(values)](std::int64_t row, std::span<float> out) {
            for (std::size_t c = 0; c < out.size(); ++c) {
              out[c] = values[static_cast<std::size_t>(row * cols) + c];
            }
          }};
}

graph::OpNode product(const char* part, int layer, const graph::Matrix& m) {
  graph::OpNode node;
  node.kind = graph::OpKind::kMatMul;
  node.part = part;
  node.layer = layer;
  node.matrix = &m;
  return node;
}

TEST(WeightLoss, IsSummedOverTheLayersOfAPart) {
  const graph::Model model;
  // The scales are 1, 1 and 2: what is lost is nothing, 0.25, and 1, a tie that goes to even.
  const graph::Matrix first = matrix_of("first", 2, 2, {127.0F, 3.0F, 127.0F, 0.25F});
  const graph::Matrix second = matrix_of("second", 1, 2, {254.0F, 1.0F});
  const graph::Matrix other = matrix_of("other", 1, 2, {0.0F, 0.0F});
  graph::Graph graph;
  graph.model = &model;
  graph.nodes = {product("attn_q", 0, first), product("ffn_up", 0, other),
                 product("attn_q", 1, second), product("attn_q", 1, second)};
  const auto losses = weight_losses(graph, Precision::kInt8);
  ASSERT_EQ(losses.size(), 2U);
  const WeightLoss& q = losses[0];
  EXPECT_EQ(q.part, "attn_q");
  EXPECT_EQ(q.values, 6);
  const double squares = 127.0 * 127 + 9 + 127.0 * 127 + 0.0625 + 254.0 * 254 + 1;
  EXPECT_NEAR(q.relative, std::sqrt((0.0625 + 1) / squares), 1e-9);
  EXPECT_NEAR(q.worst_relative, 1 / std::sqrt(254.0 * 254 + 1), 1e-9);
  EXPECT_EQ(q.worst_matrix, "second");
  EXPECT_EQ(q.worst_row, 0);
  EXPECT_EQ(q.largest_error, 1.0);
  EXPECT_EQ(q.largest_weight, 254.0);
  EXPECT_EQ(losses[1].relative, 0.0);
  const std::string note = loss_note(losses, Precision::kInt8);
  EXPECT_THAT(note, HasSubstr("weights in int8: rms error"));
  EXPECT_THAT(note, HasSubstr("in attn_q"));
  EXPECT_THAT(note, HasSubstr("row 0 of second"));
}

TEST(WeightLoss, IsNothingWhereThePrecisionHoldsTheFilesValues) {
  const graph::Model model;
  const graph::Matrix m = matrix_of("m", 1, 3, {1.0F, -0.5F, 65504.0F});
  graph::Graph graph;
  graph.model = &model;
  graph.nodes = {product("ffn_up", 0, m)};
  EXPECT_EQ(weight_losses(graph, Precision::kFp16)[0].largest_error, 0.0);
  EXPECT_GT(weight_losses(graph, Precision::kInt8)[0].largest_error, 0.0);
}

TEST(WeightLoss, OfAWholeModelStaysWithinHalfAStepOfEachRow) {
  harness::RandomShape shape;
  shape.biases = true;
  const graph::Model model = harness::random_model(shape);
  const graph::Graph graph = graph::build_decode_graph(model);
  const auto int8 = weight_losses(graph, Precision::kInt8);
  EXPECT_EQ(int8.size(), 8U);  // the table, four of attention, three of the feed-forward
  for (const WeightLoss& loss : int8) {
    EXPECT_GT(loss.relative, 0.0) << loss.part;
    EXPECT_LT(loss.relative, 0.02) << loss.part;
    EXPECT_GE(loss.worst_relative, loss.relative) << loss.part;
    EXPECT_LE(loss.largest_error, loss.largest_weight / 253) << loss.part;
  }
  const auto w8a16 = weight_losses(graph, Precision::kW8A16);
  for (std::size_t i = 0; i < int8.size(); ++i) EXPECT_EQ(int8[i].relative, w8a16[i].relative);
}

}  // namespace
}  // namespace metronome::ops
