// SPDX-License-Identifier: Apache-2.0
#include "runtime/model_files/huggingface.h"

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

}  // namespace

graph::Model load_huggingface(const std::filesystem::path& folder) {
  const auto config_path = folder / "config.json";
  if (!file_exists(config_path)) {
    refuse(folder.string(), "config.json", "missing, a Hugging Face folder has one");
  }
  const SharedFile file = map_file(config_path);
  const boost::json::value parsed = parse_json(file->text(), file->name());
  HuggingFaceConfig config = read_huggingface_config(JsonFields(parsed, file->name()));
  TensorTable table(read_weights(folder), folder.string());
  if (table.size() == 0) refuse(folder.string(), "weights", "no tensors found");
  return assemble(std::move(config.config), table, config.rules, std::move(config.notes));
}

}  // namespace metronome::runtime
