// SPDX-License-Identifier: Apache-2.0
// A program image: everything a chip needs to run a model, and nothing of the model file.
// Memory contents, where they lie, the token programs, and how the host talks to them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "hw/isa/lpu/program.h"

namespace metronome::lpu {

enum class TensorKind : std::uint8_t {
  kConstant,  // has data
  kState,     // filled with `fill` when a generation starts, then kept from token to token
  kScratch,   // written and read within a token
  kInput,     // written by the host before a token
  kOutput,    // read by the host after a token
};

/// Rows of a tensor in SRAM. Row r lies in stripe r % stripes at address + r / stripes; byte j of
/// its lanes in slice slices[stripe * width + j].
struct MemoryTensor {
  std::string name;
  TensorKind kind = TensorKind::kScratch;
  Hemisphere hemisphere = Hemisphere::kWest;
  int width = 1;  // bytes a lane: 1, 2 or 4
  int stripes = 1;
  std::vector<std::uint16_t> slices;  // [stripes * width]
  int address = 0;
  std::int64_t rows = 0;
  int lanes = 0;                       // lanes that may be nonzero
  std::uint32_t fill = 0;              // kState: bits of each lane
  ValueId first_value = kNoValue;      // identity of row 0; kNoValue if written before read
  std::int32_t value_step = 0;         // identity step a row
  std::span<const std::uint8_t> data;  // kConstant: [rows, lanes, width], little-endian

  int slice(std::int64_t row, int byte) const {
    return slices[static_cast<std::size_t>((row % stripes) * width + byte)];
  }
  int address_of(std::int64_t row) const { return address + static_cast<int>(row / stripes); }
  int addresses() const { return static_cast<int>((rows + stripes - 1) / stripes); }
  std::size_t data_bytes() const {
    return static_cast<std::size_t>(rows) * static_cast<std::size_t>(lanes * width);
  }
};

/// What the host writes before each token. Cycles never depend on it.
enum class InputKind : std::uint8_t {
  kTokenRow,     // gather map: address of the token's row within its stripe of the table
  kTokenSelect,  // one row a stripe: all ones for the stripe that holds the token, zeros elsewhere
  kPosition,     // gather and scatter map: the position
  kTokenGroup,   // gather map: token / lanes of a superlane
  kTokenLane,  // all ones in lane token % lanes of a superlane of every superlane, zeros elsewhere
};

/// How a tiled table lies: blocks of `block_rows` rows, block b in bank b % banks, row r of a block
/// in stripe r % stripes.
struct TableShape {
  int block_rows = 0;
  int column_blocks = 0;
  int stripes = 0;  // of a bank
  int banks = 0;

  bool operator==(const TableShape&) const = default;
};

struct HostInput {
  InputKind kind = InputKind::kPosition;
  std::uint32_t tensor = 0;
  TableShape table;  // kTokenRow, kTokenSelect: how the embedding lies, see table_row
};

struct ImageInfo {
  std::string model;  // name, not a path: the same model gives the same bytes
  std::string architecture;
  std::string precision;  // "fp16"
  std::int64_t vocab = 0;
  std::int64_t context = 0;
  std::int64_t width = 0;
  std::int64_t layers = 0;
  std::int64_t parameters = 0;
};

struct Image {
  ChipSpec chip;
  ImageInfo info;
  std::vector<std::uint8_t> tokenizer;  // as the runtime serialised it
  std::vector<MemoryTensor> tensors;
  std::vector<HostInput> inputs;
  std::uint32_t logits = 0;             // tensor of [ceil(vocab / lanes)] rows, fp32
  std::vector<Program> programs;        // by ascending context
  std::shared_ptr<const void> storage;  // keeps the tensors' data alive
};

/// Streams that bring weights to a plane, or a pair of planes, and so the slices of a bank of
/// weights. int8 rows lie in as many stripes, fp16 rows in half as many.
constexpr int kWeightStreams = 16;

/// The stripe and the address offset at which a tiled table keeps row `id` (see compiler/lpu).
struct TableRow {
  int stripe = 0;  // over all banks, bank by bank
  int address_offset = 0;
};
TableRow table_row(std::int64_t id, const TableShape& shape);

constexpr std::uint32_t kImageVersion = 3;

/// The image as bytes: magic, version, sections with CRC-32. Same image, same bytes.
std::vector<std::uint8_t> serialise(const Image& image);
/// Errors: UserError naming `origin`, the section and what is wrong.
Image deserialise(std::span<const std::uint8_t> bytes, const std::string& origin,
                  std::shared_ptr<const void> storage);

}  // namespace metronome::lpu
