// SPDX-License-Identifier: Apache-2.0
// The safetensors container: a JSON header over raw data, alone or in shards with an index.
// Limits: header at most 256 MiB, 8 axes. Data may lie at any alignment.
// Source: the format section of the safetensors project's README.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "runtime/model_files/tensor_table.h"

namespace metronome::runtime {

inline constexpr std::uint64_t kMaxSafetensorsHeader = 256ULL << 20U;  // bytes

/// The tensors of one file, in header order. Errors: UserError on anything the format forbids.
std::vector<TensorInfo> read_safetensors(const std::filesystem::path& path);

/// The tensors of all shards that `index_path`, a model.safetensors.index.json, names.
/// Errors: also if a shard is missing or lacks a tensor that the index assigns to it.
std::vector<TensorInfo> read_sharded_safetensors(const std::filesystem::path& index_path);

}  // namespace metronome::runtime
