// SPDX-License-Identifier: Apache-2.0
#include "runtime/model_files/load_model.h"

#include <fmt/format.h>

#include "runtime/model_files/gguf_model.h"
#include "runtime/model_files/huggingface.h"
#include "runtime/model_files/llama2c.h"
#include "runtime/model_files/mapped_file.h"
#include "runtime/model_files/shape_model.h"
#include "runtime/tokenizers/llama2c_tokenizer.h"
#include "runtime/tokenizers/refuse.h"
#include "runtime/tokenizers/tokenizer_json.h"

namespace metronome::runtime {
namespace {

namespace fs = std::filesystem;

enum class FileKind { kGguf, kHuggingFace, kLlama2c, kShape };

bool has_gguf_magic(const fs::path& path) { return map_file(path)->text().starts_with("GGUF"); }

FileKind kind_of(const fs::path& path) {
  if (is_shape(path)) return FileKind::kShape;
  if (folder_exists(path)) return FileKind::kHuggingFace;
  const SharedFile file = map_file(path);
  if (file->text().starts_with("GGUF")) return FileKind::kGguf;
  const std::string extension = path.extension().string();
  if (extension == ".safetensors" || extension == ".json") {
    refuse(path.string(), "format", "give the folder that holds it beside config.json");
  }
  if (extension == ".bin" && !file->text().starts_with("PK")) return FileKind::kLlama2c;
  refuse(path.string(), "format",
         "neither a GGUF file (no GGUF magic), nor a Hugging Face folder, nor a llama2.c .bin");
}

// A JSON file that need not be there, and its fields while it is.
class OptionalJson {
 public:
  explicit OptionalJson(const fs::path& path) {
    if (!file_exists(path)) return;
    const SharedFile file = map_file(path);
    value_ = parse_json(file->text(), file->name());
    fields_.emplace(value_, file->name());
  }
  OptionalJson(const OptionalJson&) = delete;
  OptionalJson& operator=(const OptionalJson&) = delete;
  [[nodiscard]] const JsonFields* fields() const { return fields_ ? &*fields_ : nullptr; }

 private:
  boost::json::value value_;
  std::optional<JsonFields> fields_;
};

TokenizerData load_tokenizer_json(const fs::path& path) {
  const OptionalJson tokenizer(path);
  const OptionalJson tokenizer_config(path.parent_path() / "tokenizer_config.json");
  const OptionalJson model_config(path.parent_path() / "config.json");
  return parse_tokenizer_json(*tokenizer.fields(),
                              {tokenizer_config.fields(), model_config.fields()});
}

std::optional<TokenizerData> own_tokenizer(const fs::path& path, FileKind kind,
                                           const graph::Model& model) {
  switch (kind) {
    case FileKind::kGguf:
      return read_gguf_tokenizer(GgufFile(path));
    case FileKind::kHuggingFace:
      if (!file_exists(path / "tokenizer.json")) return std::nullopt;
      return load_tokenizer_json(path / "tokenizer.json");
    case FileKind::kLlama2c:
      return std::nullopt;
    case FileKind::kShape:
      return shape_tokenizer(model.config.vocab);
  }
  return std::nullopt;
}

graph::Model load_kind(const fs::path& path, FileKind kind) {
  switch (kind) {
    case FileKind::kGguf:
      return load_gguf_model(GgufFile(path));
    case FileKind::kHuggingFace:
      return load_huggingface(path);
    case FileKind::kLlama2c:
      return load_llama2c(path);
    case FileKind::kShape:
      break;
  }
  return load_shape(path.string());
}

}  // namespace

graph::Model load_model(const fs::path& path) { return load_kind(path, kind_of(path)); }

TokenizerData load_tokenizer(const fs::path& path) {
  if (folder_exists(path)) {
    if (!file_exists(path / "tokenizer.json")) refuse(path.string(), "tokenizer.json", "missing");
    return load_tokenizer_json(path / "tokenizer.json");
  }
  const SharedFile file = map_file(path);
  if (path.extension() == ".json") return load_tokenizer_json(path);
  if (!has_gguf_magic(path)) return parse_llama2c_tokenizer(file->bytes(), file->name());
  auto data = read_gguf_tokenizer(GgufFile(path));
  if (!data) refuse(path.string(), "tokenizer.ggml.model", "the file has no tokenizer");
  return std::move(*data);
}

LoadedModel load(const fs::path& path, const std::optional<fs::path>& tokenizer_path) {
  const FileKind kind = kind_of(path);
  LoadedModel loaded{load_kind(path, kind), nullptr};
  const bool word_piece = kind == FileKind::kHuggingFace && loaded.model.config.is_encoder();
  if (word_piece && !tokenizer_path) {
    loaded.model.notes.emplace_back("WordPiece tokenizers are not read: token ids only");
    return loaded;
  }
  std::optional<TokenizerData> data =
      tokenizer_path ? load_tokenizer(*tokenizer_path) : own_tokenizer(path, kind, loaded.model);
  if (!data) {
    loaded.model.notes.emplace_back("no tokenizer found: token ids only");
    return loaded;
  }
  const auto tokens = static_cast<std::int64_t>(data->pieces.size());
  if (tokens > loaded.model.config.vocab) {
    refuse(tokenizer_path.value_or(path).string(), "tokenizer",
           fmt::format("{} tokens found, the model's vocabulary has {}", tokens,
                       loaded.model.config.vocab));
  }
  for (const std::string& note : data->notes) loaded.model.notes.push_back(note);
  loaded.tokenizer = make_tokenizer(std::move(*data));
  return loaded;
}

}  // namespace metronome::runtime
