// SPDX-License-Identifier: Apache-2.0
// Tables of GGUF: widths of metadata values, block layouts of tensor types.
#pragma once

#include <cstdint>
#include <optional>

#include "runtime/model_files/dequantise.h"
#include "runtime/model_files/gguf.h"

namespace metronome::runtime {

/// Bytes of one stored value; 0 where the length is in the value (string, array).
std::uint64_t gguf_width(GgufType type);

/// "u32", "string", for messages.
const char* gguf_type_name(GgufType type);

struct GgufTensorType {
  std::uint32_t id = 0;
  const char* name = nullptr;
  std::uint64_t values = 0;  // of a block
  std::uint64_t bytes = 0;   // of a block
  std::optional<ElementType> element;
};

/// Null for an id that no published version of the format defines.
const GgufTensorType* gguf_tensor_type(std::uint32_t id);

}  // namespace metronome::runtime
