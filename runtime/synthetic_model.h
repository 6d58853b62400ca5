// SPDX-License-Identifier: Apache-2.0
// A llama of any shape whose weights nobody trained, for measurements in which values do not
// matter.
#pragma once

#include <cstdint>
#include <string>

#include "compiler/graph/model.h"

namespace metronome::runtime {

struct SyntheticShape {
  std::string name;
  std::int64_t width = 0;
  std::int64_t layers = 0;
  std::int64_t heads = 0;
  std::int64_t kv_heads = 0;
  std::int64_t head_dim = 0;
  std::int64_t ffn = 0;
  std::int64_t vocab = 0;
  std::int64_t context = 0;  // positions
};

/// Weights are small multiples of 2^-16, the same on every host; norms are ones; the head is the
/// embedding.
graph::Model synthetic_model(const SyntheticShape& shape);

}  // namespace metronome::runtime
