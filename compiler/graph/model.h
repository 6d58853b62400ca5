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

enum class Activation { kSilu, kGeluTanh };
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
  std::string architecture;  // "llama", "qwen2", "gemma"
  int64_t width = 0;         // residual stream, values
  int64_t layers = 0;
  int64_t heads = 0;
  int64_t kv_heads = 0;
  int64_t head_dim = 0;
  int64_t ffn = 0;
  int64_t vocab = 0;
  int64_t context = 0;  // positions
  float rms_eps = 0.0F;
  Rope rope;
  Activation activation = Activation::kSilu;
  float embedding_scale = 1.0F;  // gemma: sqrt(width); 1 elsewhere
  bool tied_head = false;        // the head is the embedding matrix, stored once
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
  Vector attention_norm;              // [width]
  Matrix query;                       // [heads*head_dim, width]
  Matrix key;                         // [kv_heads*head_dim, width]
  Matrix value;                       // [kv_heads*head_dim, width]
  Matrix attention_output;            // [width, heads*head_dim]
  std::optional<Vector> query_bias;   // [heads*head_dim]
  std::optional<Vector> key_bias;     // [kv_heads*head_dim]
  std::optional<Vector> value_bias;   // [kv_heads*head_dim]
  std::optional<Vector> output_bias;  // [width]
  Vector ffn_norm;                    // [width]
  Matrix ffn_gate;                    // [ffn, width]
  Matrix ffn_up;                      // [ffn, width]
  Matrix ffn_down;                    // [width, ffn]
  std::optional<Vector> gate_bias;    // [ffn]
  std::optional<Vector> up_bias;      // [ffn]
  std::optional<Vector> down_bias;    // [width]
};

struct Model {
  std::string source;  // file or folder, for messages
  ModelConfig config;
  Matrix embedding;  // [vocab, width]
  std::vector<Layer> layers;
  Vector final_norm;               // [width]
  std::optional<Matrix> head;      // [vocab, width]; absent when tied
  std::vector<std::string> notes;  // one line each: ignored tensors, assumed defaults
};

}  // namespace metronome::graph
