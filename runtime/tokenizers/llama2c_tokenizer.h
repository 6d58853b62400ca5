// SPDX-License-Identifier: Apache-2.0
// The tokenizer file of llama2.c: longest piece in bytes, then score, length and bytes a piece.
// Ids 0, 1, 2 are unknown, BOS, EOS; 3 to 258 the bytes.
// Source: tokenizer.py and run.c of karpathy/llama2.c.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "runtime/tokenizers/tokenizer_data.h"

namespace metronome::runtime {

/// Errors: UserError on a truncated or impossible file.
TokenizerData parse_llama2c_tokenizer(std::span<const std::uint8_t> bytes,
                                      const std::string& source);

}  // namespace metronome::runtime
