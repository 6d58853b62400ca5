// SPDX-License-Identifier: Apache-2.0
#include "runtime/model_files/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "runtime/model_files/safetensors_header.h"
#include "runtime/tokenizers/byte_reader.h"
#include "runtime/tokenizers/json_reader.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::runtime {
namespace {

struct Dtype {
  std::string_view name;
  std::uint64_t bytes;
  std::optional<ElementType> element;
};

constexpr Dtype kDtypes[] = {
    {"F32", 4, ElementType::kF32}, {"F16", 2, ElementType::kF16}, {"BF16", 2, ElementType::kBf16},
    {"F64", 8, std::nullopt},      {"I64", 8, std::nullopt},      {"U64", 8, std::nullopt},
    {"I32", 4, std::nullopt},      {"U32", 4, std::nullopt},      {"I16", 2, std::nullopt},
    {"U16", 2, std::nullopt},      {"I8", 1, std::nullopt},       {"U8", 1, std::nullopt},
    {"BOOL", 1, std::nullopt},     {"F8_E4M3", 1, std::nullopt},  {"F8_E5M2", 1, std::nullopt},
};

TensorInfo prove(SafetensorsEntry&& entry, const SharedFile& file, std::uint64_t data_start) {
  const std::uint64_t data_bytes = file->bytes().size() - data_start;
  const std::string name = printable(entry.name);
  const auto* dtype = std::ranges::find(kDtypes, std::string_view(entry.dtype), &Dtype::name);
  if (dtype == std::end(kDtypes)) {
    refuse(
        file->name(), name,
        fmt::format("dtype '{}' is unknown, readable are F32, F16, BF16", printable(entry.dtype)));
  }
  const auto [begin, end] = entry.data_offsets;
  if (begin > end || end > data_bytes) {
    refuse(file->name(), name,
           fmt::format("tensor out of bounds: data_offsets [{}, {}], the file holds {} data bytes; "
                       "truncated?",
                       begin, end, data_bytes));
  }
  const auto bytes = stored_bytes(entry.shape, 1, dtype->bytes);
  if (!bytes || *bytes != end - begin) {
    refuse(file->name(), name,
           fmt::format("{} bytes found in data_offsets, {} wanted for {} {}", end - begin,
                       bytes ? std::to_string(*bytes) : "more than 2^64", entry.dtype,
                       shape_text(entry.shape)));
  }
  TensorInfo tensor;
  tensor.name = std::move(entry.name);
  tensor.type_name = std::move(entry.dtype);
  tensor.type = dtype->element;
  tensor.shape = std::move(entry.shape);
  tensor.offset = data_start + begin;
  tensor.bytes = end - begin;
  tensor.file = file;
  return tensor;
}

void refuse_unlisted(const std::map<std::string, std::vector<std::string>>& shards,
                     const std::vector<TensorInfo>& tensors, const std::string& shard,
                     const std::string& shard_path) {
  std::vector<std::string_view> names;
  names.reserve(tensors.size());
  for (const TensorInfo& tensor : tensors) names.emplace_back(tensor.name);
  std::ranges::sort(names);
  for (const std::string& wanted : shards.at(shard)) {
    if (!std::ranges::binary_search(names, std::string_view(wanted))) {
      refuse(shard_path, printable(wanted), "missing: the index assigns this tensor to this shard");
    }
  }
}

}  // namespace

std::vector<TensorInfo> read_safetensors(const std::filesystem::path& path) {
  const SharedFile file = map_file(path);
  ByteReader in(file->bytes(), file->name());
  const std::uint64_t length = in.u64("header length");
  if (length > kMaxSafetensorsHeader) {
    refuse(file->name(), "header length",
           fmt::format("found {} bytes, limit {} (set in runtime/model_files/safetensors.h)",
                       length, kMaxSafetensorsHeader));
  }
  const std::string_view header = in.text(length, "header");
  std::vector<SafetensorsEntry> entries = parse_safetensors_header(header, file->name());
  std::vector<TensorInfo> tensors;
  tensors.reserve(entries.size());
  for (SafetensorsEntry& entry : entries) {
    tensors.push_back(prove(std::move(entry), file, in.offset()));
  }
  refuse_overlaps(tensors, file->name());
  return tensors;
}

std::vector<TensorInfo> read_sharded_safetensors(const std::filesystem::path& index_path) {
  const SharedFile index = map_file(index_path);
  const boost::json::value parsed = parse_json(index->text(), index->name());
  const JsonFields top(parsed, index->name());
  const auto weight_map = top.fields("weight_map");
  if (!weight_map) top.refuse_field("weight_map", "missing, an object wanted");
  std::map<std::string, std::vector<std::string>> shards;
  for (const auto& entry : weight_map->object()) {
    const std::string tensor(entry.key());
    const std::string shard = weight_map->require_text(tensor);
    // A shard lies beside its index: a path from a downloaded file must not lead elsewhere.
    if (shard.empty() || shard == ".." ||
        shard.find_first_of(std::string("/\\\0", 3)) != std::string::npos) {
      weight_map->refuse_field(tensor, "a plain file name wanted, found " + printable(shard));
    }
    shards[shard].push_back(tensor);
  }
  std::vector<TensorInfo> all;
  for (const auto& [shard, names] : shards) {
    const std::filesystem::path shard_path = index_path.parent_path() / shard;
    if (!file_exists(shard_path)) {
      refuse(shard_path.string(), "shard",
             fmt::format("missing: the index assigns {} tensors to it", names.size()));
    }
    std::vector<TensorInfo> tensors = read_safetensors(shard_path);
    refuse_unlisted(shards, tensors, shard, shard_path.string());
    std::ranges::move(tensors, std::back_inserter(all));
  }
  return all;
}

}  // namespace metronome::runtime
