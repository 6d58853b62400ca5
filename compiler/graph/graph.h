// SPDX-License-Identifier: Apache-2.0
// A transformer as operators on the vectors of one token: free of machines, read by the reference
// executor and by every compiler. Nodes are in an order in which they can run: a decoder's all for
// one token before the next, an encoder's each for all tokens before the next node.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/graph/model.h"

namespace metronome::graph {

enum class OpKind : std::uint8_t {
  kEmbed,        // token id -> x [width]
  kRmsNorm,      // x [n] -> x / rms(x) * weight [n]
  kMatMul,       // x [cols] -> W x (+ bias) [rows]
  kRope,         // x [heads * head_dim] -> rotated by the position, times `scale`
  kAppend,       // x -> the cache of this layer at the position
  kAttention,    // q -> softmax(q K) V over the cache
  kGate,         // gate, up -> activation(gate) * up
  kAdd,          // x + y
  kLayerNorm,    // x [n] -> (x - mean) / deviation * weight [n] (+ offset [n])
  kAddPosition,  // x [n] -> x + row of the matrix [context, n] at the position
  kScale,        // x -> x * `scale`
  kActivation,   // x -> activation(x)
  kPool,         // all tokens' x [n] -> their mean, divided by its length [n]; once a sequence
};

/// "RMSNorm", for messages and listings.
const char* name(OpKind kind);

enum class CacheKind : std::uint8_t { kKeys, kValues };

struct OpNode {
  OpKind kind = OpKind::kEmbed;
  std::string part;         // `attn_q`
  int layer = -1;           // -1 outside the layers
  std::vector<int> inputs;  // nodes
  std::int64_t size = 0;    // values of the result
  const Matrix* matrix = nullptr;
  const Vector* vector = nullptr;  // norm weight, or bias
  const Vector* offset = nullptr;  // bias of a LayerNorm
  CacheKind cache = CacheKind::kKeys;
  float scale = 1.0F;
  bool heads_in = false;         // the input is laid out in attention heads
  bool heads_out = false;        // the result is
  std::int64_t head_repeat = 1;  // query heads that share one head of this result

  /// `blk.3.attn_q`; the part alone outside the layers.
  std::string name() const {
    return layer < 0 ? part : "blk." + std::to_string(layer) + "." + part;
  }
};

struct Graph {
  const Model* model = nullptr;
  std::vector<OpNode> nodes;
  int logits = -1;  // node of a decoder
  int hidden = -1;  // node of an encoder: what the last layer leaves of a token
  int pooled = -1;  // node of an encoder: the embedding of the sequence
};

/// The step that takes one token to the logits of the next.
/// Errors: UserError if a tensor's shape contradicts the configuration, or the model is an encoder.
Graph build_decode_graph(const Model& model);

/// Hidden states of all tokens of a sequence and its embedding: their mean, of length 1. Caches
/// hold the sequence, so attention sees all of it.
/// Errors: UserError if a tensor's shape contradicts the configuration, or the model is a decoder.
Graph build_encoder_graph(const Model& model);

/// The one of the two that the model has.
Graph build_graph(const Model& model);

}  // namespace metronome::graph
