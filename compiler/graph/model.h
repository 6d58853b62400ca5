// SPDX-License-Identifier: Apache-2.0
// A transformer as its file describes it, free of any file format and of any machine.
// Importers in runtime/ fill it in; the graph builder and the compilers read it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace metronome::graph {

/// kGeluErf is x times the normal distribution function, kGeluTanh its usual approximation.
enum class Activation { kSilu, kGeluTanh, kGeluErf };
/// x / rms(x) * weight, or (x - mean) / deviation * weight + bias.
enum class NormKind : std::uint8_t { kRms, kLayer };
/// A part of a layer reads a normalised x, or its sum with x is normalised.
enum class NormPlacement : std::uint8_t { kBefore, kAfter };
/// Queries and keys are rotated, or a row for the position is added to the embedding.
enum class PositionKind : std::uint8_t { kRotary, kLearned };
/// down(activation(gate x) * up x), or down(activation(up x)).
enum class FeedForward : std::uint8_t { kGated, kPlain };
/// A token sees those before it, as a decoder's, or the whole sequence, as an encoder's.
enum class AttentionSpan : std::uint8_t { kCausal, kBidirectional };
enum class RopeScaling { kNone, kLinear, kLlama3 };

/// Rotary position embedding. Pairs are always interleaved, (2i, 2i+1), in this representation:
/// importers of half-split files reorder the rows of Q and K (and their biases).
struct Rope {
  double base = 10000.0;
  RopeScaling scaling = RopeScaling::kNone;
  double factor = 1.0;                    // linear and llama3
  double low_freq_factor = 1.0;           // llama3
  double high_freq_factor = 4.0;          // llama3
  int64_t original_context = 0;           // llama3, positions
  std::vector<float> frequency_divisors;  // [head_dim/2], from a GGUF rope_freqs tensor; else empty
};

struct ModelConfig {
  std::string architecture;  // "llama", "qwen2", "gemma", "gpt2", "bert"
  int64_t width = 0;         // residual stream, values
  int64_t layers = 0;
  int64_t heads = 0;
  int64_t kv_heads = 0;
  int64_t head_dim = 0;
  int64_t ffn = 0;
  int64_t vocab = 0;
  int64_t context = 0;   // positions
  float rms_eps = 0.0F;  // added to the mean square of RMSNorm, to the variance of LayerNorm
  Rope rope;
  Activation activation = Activation::kSilu;
  float embedding_scale = 1.0F;  // gemma: sqrt(width); 1 elsewhere
  bool tied_head = false;        // the head is the embedding matrix, stored once
  NormKind norm = NormKind::kRms;
  NormPlacement norm_placement = NormPlacement::kBefore;
  PositionKind position = PositionKind::kRotary;
  FeedForward feed_forward = FeedForward::kGated;
  AttentionSpan attention = AttentionSpan::kCausal;

  bool is_encoder() const { return attention == AttentionSpan::kBidirectional; }
};

/// A row-major matrix read a row at a time, so that nothing needs the whole model as fp32.
struct Matrix {
  std::string name;  // as in the file, for messages
  int64_t rows = 0;  // outputs
  int64_t cols = 0;  // inputs
  /// Writes row `row` as fp32 into `out` [cols]. Already de-quantised, permuted and offset.
  std::function<void(int64_t row, std::span<float> out)> read_row;
};

/// A 1-d parameter: norm weight or bias. Gemma's stored (w - 1) is already w here.
struct Vector {
  std::string name;
  std::vector<float> values;  // [n]
};

struct Layer {
  Vector attention_norm;              // [width], of attention's input, or of the sum after it
  Matrix query;                       // [heads*head_dim, width]
  Matrix key;                         // [kv_heads*head_dim, width]
  Matrix value;                       // [kv_heads*head_dim, width]
  Matrix attention_output;            // [width, heads*head_dim]
  std::optional<Vector> query_bias;   // [heads*head_dim]
  std::optional<Vector> key_bias;     // [kv_heads*head_dim]
  std::optional<Vector> value_bias;   // [kv_heads*head_dim]
  std::optional<Vector> output_bias;  // [width]
  Vector ffn_norm;                    // [width], placed likewise
  Matrix ffn_gate;                    // [ffn, width]; no rows in a plain feed-forward
  Matrix ffn_up;                      // [ffn, width]
  Matrix ffn_down;                    // [width, ffn]
  std::optional<Vector> gate_bias;    // [ffn]
  std::optional<Vector> up_bias;      // [ffn]
  std::optional<Vector> down_bias;    // [width]
  std::optional<Vector> attention_norm_bias;  // [width], LayerNorm only
  std::optional<Vector> ffn_norm_bias;        // [width], LayerNorm only
};

struct Model {
  std::string source;  // file or folder, for messages
  ModelConfig config;
  Matrix embedding;  // [vocab, width]
  /// [context, width] for learned positions. Importers of BERT add the row of token type 0 to each.
  std::optional<Matrix> positions;
  std::optional<Vector> embedding_norm;       // [width], of what the layers read
  std::optional<Vector> embedding_norm_bias;  // [width], LayerNorm only
  std::vector<Layer> layers;
  Vector final_norm;                      // [width]; no values where norms come after
  std::optional<Vector> final_norm_bias;  // [width], LayerNorm only
  std::optional<Matrix> head;             // [vocab, width]; absent when tied
  std::vector<std::string> notes;         // one line each: ignored tensors, assumed defaults
};

}  // namespace metronome::graph
