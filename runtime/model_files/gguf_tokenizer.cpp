// SPDX-License-Identifier: Apache-2.0
// The tokenizer.ggml.* keys of a GGUF file.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "runtime/model_files/gguf_model.h"
#include "runtime/tokenizers/merge_list.h"
#include "runtime/tokenizers/refuse.h"
#include "runtime/tokenizers/splitter.h"

namespace metronome::runtime {
namespace {

constexpr const char* kModelKey = "tokenizer.ggml.model";
constexpr const char* kTokensKey = "tokenizer.ggml.tokens";
constexpr const char* kPreKey = "tokenizer.ggml.pre";

void read_types(const GgufFile& file, TokenizerData& data) {
  const auto stored = file.integers("tokenizer.ggml.token_type");
  if (!stored) {
    for (const std::string& piece : data.pieces) {
      data.types.push_back(byte_of_piece(piece) >= 0 ? TokenType::kByte : TokenType::kNormal);
    }
    return;
  }
  for (std::size_t i = 0; i < stored->size(); ++i) {
    const std::int32_t type = (*stored)[i];
    if (type < 1 || type > 6) {
      refuse(file.name(), "tokenizer.ggml.token_type",
             fmt::format("token {} has type {}, must be 1 to 6", i, type));
    }
    data.types.push_back(static_cast<TokenType>(type));
  }
}

std::int32_t read_id(const GgufFile& file, const char* key) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();
  const std::int64_t id = file.integer(key).value_or(-1);
  // 2^32-1 is how writers of u32 say none; anything else out of range is reported later.
  if (id == std::numeric_limits<std::uint32_t>::max()) return -1;
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(id, -kMax, kMax));
}

void read_special_ids(const GgufFile& file, TokenizerData& data) {
  data.bos = read_id(file, "tokenizer.ggml.bos_token_id");
  data.unknown = read_id(file, "tokenizer.ggml.unknown_token_id");
  for (const char* key : {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id",
                          "tokenizer.ggml.eom_token_id"}) {
    if (file.find(key) == nullptr) continue;
    const std::int32_t id = read_id(file, key);
    if (id != -1 && std::ranges::count(data.ends, id) == 0) data.ends.push_back(id);
  }
  drop_foreign_ids(data);
}

void read_scored(const GgufFile& file, TokenizerData& data) {
  data.kind = TokenizerKind::kScores;
  const auto scores = file.reals("tokenizer.ggml.scores");
  if (!scores) refuse(file.name(), "tokenizer.ggml.scores", "metadata key missing");
  data.scores = *scores;
  data.prefix = file.boolean("tokenizer.ggml.add_space_prefix").value_or(true)
                    ? SpacePrefix::kAlways
                    : SpacePrefix::kNone;
  data.add_bos = file.boolean("tokenizer.ggml.add_bos_token").value_or(true);
}

void read_byte_level(const GgufFile& file, TokenizerData& data) {
  data.kind = TokenizerKind::kByteLevel;
  const auto pre = file.text(kPreKey);
  const auto splitter = splitter_of_gguf(pre.value_or(""));
  if (!splitter) {
    refuse(file.name(), kPreKey,
           fmt::format("splitter '{}' is not supported, supported are {}",
                       printable(pre.value_or("")), kKnownSplitters));
  }
  data.splitter = *splitter;
  const bool llama3 = *splitter == "llama3";
  data.whole_words_first = llama3;
  data.prefix = file.boolean("tokenizer.ggml.add_space_prefix").value_or(false)
                    ? SpacePrefix::kUnlessSpace
                    : SpacePrefix::kNone;
  data.add_bos = file.boolean("tokenizer.ggml.add_bos_token").value_or(llama3);
  const auto stored = file.texts("tokenizer.ggml.merges");
  if (!stored) refuse(file.name(), "tokenizer.ggml.merges", "metadata key missing");
  MergeList merges(data.pieces, file.name());
  for (const std::string& merge : *stored) merges.add(merge);
  data.merges = merges.take();
}

}  // namespace

std::optional<TokenizerData> read_gguf_tokenizer(const GgufFile& file) {
  const auto model = file.text(kModelKey);
  if (!model) return std::nullopt;
  TokenizerData data;
  const auto pieces = file.texts(kTokensKey);
  if (!pieces) refuse(file.name(), kTokensKey, "metadata key missing");
  data.pieces = *pieces;
  read_types(file, data);
  if (*model == "llama") {
    read_scored(file, data);
  } else if (*model == "gpt2") {
    read_byte_level(file, data);
  } else {
    refuse(file.name(), kModelKey,
           fmt::format("'{}' is not supported, supported are llama, gpt2", printable(*model)));
  }
  read_special_ids(file, data);
  validate(data, file.name());
  return data;
}

}  // namespace metronome::runtime
