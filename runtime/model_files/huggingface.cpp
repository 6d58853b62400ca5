// SPDX-License-Identifier: Apache-2.0
#include "runtime/model_files/huggingface.h"

#include "runtime/model_files/bert.h"
#include "runtime/model_files/gpt2.h"
#include "runtime/model_files/huggingface_config.h"
#include "runtime/model_files/mapped_file.h"
#include "runtime/model_files/safetensors.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::runtime {
namespace {

std::vector<TensorInfo> read_weights(const std::filesystem::path& folder) {
  const auto index = folder / "model.safetensors.index.json";
  const auto single = folder / "model.safetensors";
  if (file_exists(index)) return read_sharded_safetensors(index);
  if (file_exists(single)) return read_safetensors(single);
  if (file_exists(folder / "pytorch_model.bin") ||
      file_exists(folder / "pytorch_model.bin.index.json")) {
    refuse(folder.string(), "weights", "only PyTorch pickles found, save them as safetensors");
  }
  refuse(folder.string(), "weights",
         "neither model.safetensors nor model.safetensors.index.json found");
}

TensorTable read_table(const std::filesystem::path& folder) {
  TensorTable table(read_weights(folder), folder.string());
  if (table.size() == 0) refuse(folder.string(), "weights", "no tensors found");
  return table;
}

}  // namespace

graph::Model load_huggingface(const std::filesystem::path& folder) {
  const auto config_path = folder / "config.json";
  if (!file_exists(config_path)) {
    refuse(folder.string(), "config.json", "missing, a Hugging Face folder has one");
  }
  const SharedFile file = map_file(config_path);
  const boost::json::value parsed = parse_json(file->text(), file->name());
  const JsonFields json(parsed, file->name());
  const std::string type = json.text("model_type").value_or("");
  if (type == "gpt2") {
    TensorTable table = read_table(folder);
    return load_gpt2(json, table);
  }
  if (type == "bert") {
    TensorTable table = read_table(folder);
    return load_bert(json, table);
  }
  HuggingFaceConfig config = read_huggingface_config(json);
  TensorTable table = read_table(folder);
  return assemble(std::move(config.config), table, config.rules, std::move(config.notes));
}

}  // namespace metronome::runtime
