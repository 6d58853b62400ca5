// SPDX-License-Identifier: Apache-2.0
// The decode step of a transformer as operators on vectors: free of machines, read by the reference
// executor and by every compiler. Nodes are in an order in which they can run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/graph/model.h"

namespace metronome::graph {

enum class OpKind : std::uint8_t {
  kEmbed,      // token id -> x [width]
  kRmsNorm,    // x [n] -> x / rms(x) * weight [n]
  kMatMul,     // x [cols] -> W x (+ bias) [rows]
  kRope,       // x [heads * head_dim] -> rotated by the position, times `scale`
  kAppend,     // x -> the cache of this layer at the position
  kAttention,  // q -> softmax(q K) V over the cache
  kGate,       // gate, up -> activation(gate) * up
  kAdd,        // x + y
};

enum class CacheKind : std::uint8_t { kKeys, kValues };

struct OpNode {
  OpKind kind = OpKind::kEmbed;
  std::string part;         // `attn_q`
  int layer = -1;           // -1 outside the layers
  std::vector<int> inputs;  // nodes
  std::int64_t size = 0;    // values of the result
  const Matrix* matrix = nullptr;
  const Vector* vector = nullptr;  // norm weight, or bias
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
  int logits = -1;  // node
};

/// Llama-family decode step.
/// Errors: UserError if a tensor's shape contradicts the configuration.
Graph build_decode_graph(const Model& model);

}  // namespace metronome::graph
