// SPDX-License-Identifier: Apache-2.0
#include "hw/lpu/row.h"

#include <cstring>

namespace metronome::lpu {

void BlockPool::grow() {
  auto chunk = std::make_unique<Chunk>();
  chunk->bytes = std::make_unique<std::uint8_t[]>(kChunk * bytes_per_block_);
  for (std::size_t i = 0; i < kChunk; ++i) {
    RowBlock& header = chunk->headers[i];
    header.pool = this;
    header.storage = chunk->bytes.get() + i * bytes_per_block_;
    header.data = header.storage;
    free_.push_back(&header);
  }
  chunks_.push_back(std::move(chunk));
}

const std::uint8_t* interleaved(const Row* rows, int width, int lanes,
                                std::vector<std::uint8_t>& scratch) {
  const RowBlock* block = rows[0].block();
  bool whole = block->width == width;
  for (int b = 0; whole && b < width; ++b) whole = rows[b].block() == block && rows[b].byte() == b;
  if (whole && block->lanes >= lanes) return block->data;

  const auto bytes_a_lane = static_cast<std::size_t>(width);
  const auto n = static_cast<std::size_t>(lanes) * bytes_a_lane;
  scratch.resize(n);
  if (whole) {
    const std::size_t have = static_cast<std::size_t>(block->lanes) * bytes_a_lane;
    std::memcpy(scratch.data(), block->data, have);
    std::memset(scratch.data() + have, 0, n - have);
    return scratch.data();
  }
  for (int lane = 0; lane < lanes; ++lane) {
    for (std::size_t b = 0; b < bytes_a_lane; ++b) {
      scratch[static_cast<std::size_t>(lane) * bytes_a_lane + b] = rows[b].at(lane);
    }
  }
  return scratch.data();
}

}  // namespace metronome::lpu
