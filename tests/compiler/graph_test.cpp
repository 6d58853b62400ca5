// SPDX-License-Identifier: Apache-2.0
// The nodes of each kind of transformer, and what a machine without an operator says.
#include "compiler/graph/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "compiler/gpu/lower.h"
#include "compiler/graph/supported.h"
#include "compiler/lpu/compile.h"
#include "hw/isa/error.h"
#include "runtime/model_files/shape_model.h"
#include "tests/harness/refusal.h"

namespace metronome::graph {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// "blk.0.attn_norm LayerNorm" for each node.
std::vector<std::string> listing(const Graph& graph) {
  std::vector<std::string> lines;
  for (const OpNode& node : graph.nodes) lines.push_back(node.name() + " " + name(node.kind));
  return lines;
}

const OpNode& node_of(const Graph& graph, const std::string& part) {
  const auto found =
      std::ranges::find(graph.nodes, part, [](const OpNode& node) { return node.part; });
  EXPECT_NE(found, graph.nodes.end()) << part;
  return *found;
}

TEST(DecodeGraph, OfGpt2NormalisesFirstAndAddsPositions) {
  const Model model = runtime::load_shape("shape:gpt2-small/1");
  const Graph graph = build_decode_graph(model);
  EXPECT_THAT(
      listing(graph),
      ElementsAre("token_embd Embed", "position_embd AddPosition", "blk.0.attn_norm LayerNorm",
                  "blk.0.attn_q MatMul", "blk.0.attn_k MatMul", "blk.0.attn_v MatMul",
                  "blk.0.scale_q Scale", "blk.0.cache_k Append", "blk.0.cache_v Append",
                  "blk.0.attn Attention", "blk.0.attn_output MatMul", "blk.0.attn_residual Add",
                  "blk.0.ffn_norm LayerNorm", "blk.0.ffn_up MatMul", "blk.0.ffn_act Activation",
                  "blk.0.ffn_down MatMul", "blk.0.ffn_residual Add", "output_norm LayerNorm",
                  "output MatMul"));
  EXPECT_EQ(graph.logits, 18);
  EXPECT_EQ(node_of(graph, "scale_q").scale, 0.125F);
  EXPECT_TRUE(node_of(graph, "scale_q").heads_in && node_of(graph, "scale_q").heads_out);
  EXPECT_EQ(node_of(graph, "attn_norm").offset, &*model.layers[0].attention_norm_bias);
  EXPECT_EQ(node_of(graph, "output").matrix, &model.embedding);
}

TEST(EncoderGraph, OfBertNormalisesAfterAndPools) {
  const Model model = runtime::load_shape("shape:minilm-l6/1");
  const Graph graph = build_encoder_graph(model);
  EXPECT_THAT(
      listing(graph),
      ElementsAre("token_embd Embed", "position_embd AddPosition", "token_embd_norm LayerNorm",
                  "blk.0.attn_q MatMul", "blk.0.attn_k MatMul", "blk.0.attn_v MatMul",
                  "blk.0.scale_q Scale", "blk.0.cache_k Append", "blk.0.cache_v Append",
                  "blk.0.attn Attention", "blk.0.attn_output MatMul", "blk.0.attn_residual Add",
                  "blk.0.attn_output_norm LayerNorm", "blk.0.ffn_up MatMul",
                  "blk.0.ffn_act Activation", "blk.0.ffn_down MatMul", "blk.0.ffn_residual Add",
                  "blk.0.layer_output_norm LayerNorm", "pool Pool"));
  EXPECT_EQ(graph.logits, -1);
  EXPECT_EQ(graph.hidden, 17);
  EXPECT_EQ(graph.pooled, 18);
  // After attention the sum is normalised, and the feed-forward adds to that.
  EXPECT_THAT(node_of(graph, "ffn_residual").inputs, ElementsAre(12, 15));
}

TEST(EncoderGraph, EncodersAndDecodersAreNotTakenForEachOther) {
  const Model encoder = runtime::load_shape("shape:minilm-l6/1");
  const Model decoder = runtime::load_shape("shape:llama-15m/1");
  EXPECT_THAT(harness::refusal([&] { build_decode_graph(encoder); }),
              AllOf(HasSubstr("shape:minilm-l6/1: architecture: bert is an encoder")));
  EXPECT_THAT(harness::refusal([&] { build_encoder_graph(decoder); }),
              HasSubstr("architecture: llama is a decoder"));
  EXPECT_EQ(build_graph(encoder).pooled, 18);
  EXPECT_GE(build_graph(decoder).logits, 0);
}

TEST(DecodeGraph, MisshapenParametersOfGpt2AreRefused) {
  Model model = runtime::load_shape("shape:gpt2-small/1");
  model.positions->rows = 7;
  EXPECT_THAT(harness::refusal([&] { build_decode_graph(model); }),
              HasSubstr("position_embd: shape 7 x 768, the configuration asks for 1024 x 768"));
  model = runtime::load_shape("shape:gpt2-small/1");
  model.layers[0].ffn_norm_bias->values.pop_back();
  EXPECT_THAT(harness::refusal([&] { build_decode_graph(model); }),
              HasSubstr("blk.0.ffn_norm.bias: 767 values, the configuration asks for 768"));
}

TEST(Supported, ALackingOperatorOrActivationIsRefusedByName) {
  const Model model = runtime::load_shape("shape:llama-15m/1");
  const Graph graph = build_decode_graph(model);
  const OpKind few[] = {OpKind::kEmbed, OpKind::kMatMul};
  const Activation gelu[] = {Activation::kGeluTanh};
  EXPECT_THAT(harness::refusal([&] {
                require_supported(graph, {"the abacus", few, gelu});
              }),
              HasSubstr("shape:llama-15m/1: blk.0.attn_norm: operator RMSNorm is not supported on "
                        "the abacus yet, supported are Embed, MatMul"));
  const OpKind all[] = {OpKind::kEmbed,  OpKind::kRmsNorm,   OpKind::kMatMul, OpKind::kRope,
                        OpKind::kAppend, OpKind::kAttention, OpKind::kGate,   OpKind::kAdd};
  EXPECT_THAT(harness::refusal([&] {
                require_supported(graph, {"the abacus", all, gelu});
              }),
              HasSubstr("blk.0.ffn_act: activation SiLU is not supported on the abacus yet, "
                        "supported are GELU (tanh)"));
  const Activation silu[] = {Activation::kSilu};
  EXPECT_EQ(harness::refusal([&] {
              require_supported(graph, {"the abacus", all, silu});
            }),
            "accepted");
}

TEST(Supported, AnUnknownActivationOfAKnownOperatorIsNotReplaced) {
  Model model = runtime::load_shape("shape:llama-15m/1");
  model.config.activation = Activation::kGeluErf;
  EXPECT_THAT(harness::refusal([&] { compiler::compile(model, lpu::groq1(), {}); }),
              HasSubstr("activation GELU (erf) is not supported on the LPU yet"));
  EXPECT_THAT(harness::refusal([&] {
                gpu::lower_decode(model, gpu::gpu_preset("teaching"), gpu::TokenForm::kKernels, 8);
              }),
              HasSubstr("activation GELU (erf) is not supported on the GPU yet"));
}

}  // namespace
}  // namespace metronome::graph
