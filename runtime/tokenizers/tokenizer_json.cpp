// SPDX-License-Identifier: Apache-2.0
#include "runtime/tokenizers/tokenizer_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "runtime/tokenizers/merge_list.h"
#include "runtime/tokenizers/refuse.h"
#include "runtime/tokenizers/text_pipeline.h"

namespace metronome::runtime {
namespace {

namespace json = boost::json;

// Ids may leave holes, as long as the table stays in proportion to the file.
void place(TokenizerData& data, std::int64_t id, const std::string& piece, TokenType type,
           std::size_t limit, const JsonFields& where) {
  if (id < 0 || id >= static_cast<std::int64_t>(limit)) {
    where.refuse_field(printable(piece),
                       fmt::format("id {} found, must be 0 to {}", id, limit - 1));
  }
  const auto index = static_cast<std::size_t>(id);
  if (index >= data.pieces.size()) {
    data.pieces.resize(index + 1);
    data.types.resize(index + 1, TokenType::kUnused);
  }
  const bool taken = data.types[index] != TokenType::kUnused;
  if (taken && data.pieces[index] != piece) {
    where.refuse_field("added_tokens",
                       fmt::format("id {} is both '{}' and '{}'", id, printable(data.pieces[index]),
                                   printable(piece)));
  }
  data.pieces[index] = piece;
  data.types[index] = type;
}

void read_vocabulary(const JsonFields& model, TokenizerData& data, std::size_t limit) {
  const auto vocab = model.fields("vocab");
  if (!vocab) model.refuse_field("vocab", "missing, an object wanted");
  const bool byte_fallback = model.boolean("byte_fallback").value_or(false);
  for (const auto& entry : vocab->object()) {
    const std::string piece(entry.key());
    if (!entry.value().is_int64()) vocab->refuse_field(printable(piece), "a token id wanted");
    const bool byte = byte_fallback && byte_of_piece(piece) >= 0;
    const std::int64_t id = entry.value().get_int64();
    place(data, id, piece, byte ? TokenType::kByte : TokenType::kNormal, limit, *vocab);
  }
}

void read_merges(const JsonFields& model, TokenizerData& data) {
  const json::value* list = model.find("merges");
  if (list == nullptr || !list->is_array()) model.refuse_field("merges", "an array wanted");
  MergeList merges(data.pieces, model.source());
  for (const json::value& entry : list->get_array()) {
    if (entry.is_string()) {
      merges.add(std::string_view(entry.get_string()));
      continue;
    }
    const json::array* pair = entry.if_array();
    if (pair == nullptr || pair->size() != 2 || !(*pair)[0].is_string() ||
        !(*pair)[1].is_string()) {
      model.refuse_field("merges", "two pieces wanted, found " + shown(entry));
    }
    merges.add(std::string_view((*pair)[0].get_string()),
               std::string_view((*pair)[1].get_string()));
  }
  data.merges = merges.take();
}

void read_added_tokens(const JsonFields& top, TokenizerData& data, std::size_t limit) {
  const json::value* list = top.find("added_tokens");
  if (list == nullptr) return;
  if (!list->is_array()) top.refuse_field("added_tokens", "an array wanted");
  bool strips = false;
  for (const json::value& entry : list->get_array()) {
    const JsonFields token(entry, top.source(), "added_tokens");
    const bool special = token.boolean("special").value_or(false);
    place(data, token.require_integer("id"), token.require_text("content"),
          special ? TokenType::kControl : TokenType::kUserDefined, limit, token);
    for (const char* flag : {"lstrip", "rstrip", "single_word"}) {
      strips = strips || token.boolean(flag).value_or(false);
    }
  }
  if (strips) {
    data.notes.emplace_back("tokenizer.json: lstrip, rstrip, single_word of added tokens ignored");
  }
}

std::int32_t find_piece(const TokenizerData& data, std::string_view piece) {
  const auto found = std::ranges::find(data.pieces, piece);
  return found == data.pieces.end() ? -1 : static_cast<std::int32_t>(found - data.pieces.begin());
}

// A marker is written as text, or as an object with the text in `content`.
std::int32_t marker_id(const TokenizerData& data, const JsonFields& config, std::string_view key) {
  const json::value* marker = config.find(key);
  if (marker == nullptr) return -1;
  if (marker->is_object()) {
    return find_piece(
        data, JsonFields(*marker, config.source(), std::string(key)).require_text("content"));
  }
  return find_piece(data, config.require_text(key));
}

std::int32_t narrow(std::int64_t id) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(id, -kMax, kMax));
}

void read_special_ids(const TokenizerSettings& settings, TokenizerData& data) {
  if (const JsonFields* config = settings.tokenizer_config) {
    data.bos = marker_id(data, *config, "bos_token");
    const std::int32_t end = marker_id(data, *config, "eos_token");
    if (end >= 0) data.ends.push_back(end);
  }
  const JsonFields* model = settings.model_config;
  if (model == nullptr) return;
  const json::value* bos = model->find("bos_token_id");
  if (data.bos < 0 && bos != nullptr && bos->is_int64()) data.bos = narrow(bos->get_int64());
  const auto add_end = [&](const json::value& id) {
    if (!id.is_int64()) model->refuse_field("eos_token_id", "a token id wanted");
    const std::int32_t end = narrow(id.get_int64());
    if (std::ranges::count(data.ends, end) == 0) data.ends.push_back(end);
  };
  const json::value* ends = model->find("eos_token_id");
  if (ends == nullptr) return;
  if (!ends->is_array()) return add_end(*ends);
  for (const json::value& id : ends->get_array()) add_end(id);
}

}  // namespace

TokenizerData parse_tokenizer_json(const JsonFields& tokenizer_json,
                                   const TokenizerSettings& settings) {
  const auto model = tokenizer_json.fields("model");
  if (!model) tokenizer_json.refuse_field("model", "missing, an object wanted");
  const std::string type = model->text("type").value_or("BPE");
  if (type != "BPE") {
    model->refuse_field("type",
                        fmt::format("'{}' is not supported, supported is BPE", printable(type)));
  }
  for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    if (!model->text(key).value_or("").empty()) model->refuse_field(key, "not supported");
  }
  TokenizerData data;
  data.kind = TokenizerKind::kMerges;
  const auto vocab = model->fields("vocab");
  const std::size_t limit = 2 * (vocab ? vocab->object().size() : 0) + 4096;
  read_vocabulary(*model, data, limit);
  read_merges(*model, data);
  read_added_tokens(tokenizer_json, data, limit);
  data.whole_words_first = model->boolean("ignore_merges").value_or(false);
  read_text_pipeline(tokenizer_json, data);
  if (const auto unknown = model->text("unk_token")) {
    data.unknown = find_piece(data, *unknown);
    if (data.unknown >= 0) data.types[static_cast<std::size_t>(data.unknown)] = TokenType::kUnknown;
  }
  read_special_ids(settings, data);
  data.add_bos = template_adds_bos(tokenizer_json);
  if (settings.tokenizer_config != nullptr) {
    data.add_bos = settings.tokenizer_config->boolean("add_bos_token").value_or(data.add_bos);
  }
  drop_foreign_ids(data);
  validate(data, tokenizer_json.source());
  return data;
}

}  // namespace metronome::runtime
