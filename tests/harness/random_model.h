// SPDX-License-Identifier: Apache-2.0
// Seeded synthetic models, built in memory: any shape, the same weights on every host.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "compiler/graph/model.h"

namespace metronome::harness {

enum class Weights {
  kRandom,   // of the size that keeps activations near 1
  kZero,     // all of them, norm weights and biases too
  kLargest,  // +-65504, the largest fp16
};

struct RandomShape {
  std::string name = "plain";
  std::string architecture = "llama";
  std::int64_t width = 32;
  std::int64_t layers = 2;
  std::int64_t heads = 4;
  std::int64_t kv_heads = 2;
  std::int64_t head_dim = 8;
  std::int64_t ffn = 48;
  std::int64_t vocab = 50;
  std::int64_t context = 64;
  bool tied = true;
  bool biases = false;      // of Q, K and V, as qwen2
  bool all_biases = false;  // of every matrix of a layer
  float rms_eps = 1e-5F;
  graph::Rope rope;
  graph::Activation activation = graph::Activation::kSilu;
  float embedding_scale = 1.0F;
  graph::NormKind norm = graph::NormKind::kRms;
  graph::NormPlacement norm_placement = graph::NormPlacement::kBefore;
  graph::PositionKind position = graph::PositionKind::kRotary;
  graph::FeedForward feed_forward = graph::FeedForward::kGated;
  graph::AttentionSpan attention = graph::AttentionSpan::kCausal;
  Weights weights = Weights::kRandom;
  std::uint64_t seed = 1;
};

/// `shape` with what sets GPT-2 apart from a llama: LayerNorm with biases, learned positions, a
/// plain feed-forward with GELU, biases everywhere, as many heads of keys and values as of queries.
RandomShape as_gpt2(RandomShape shape);
/// As GPT-2, but normalised after each part, bidirectional, and with the erf form of GELU.
RandomShape as_bert(RandomShape shape);

/// Rows are read from memory that the model owns.
graph::Model random_model(const RandomShape& shape);

/// `count` token ids below `vocab`.
std::vector<std::int32_t> random_tokens(std::uint64_t seed, std::size_t count, std::int64_t vocab);

/// The first index of the largest value.
std::int32_t largest(std::span<const float> values);

}  // namespace metronome::harness
