// SPDX-License-Identifier: Apache-2.0
#include "hw/isa/lpu/image.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/crc.hpp>
#include <string>
#include <vector>

#include "hw/isa/error.h"
#include "tests/isa/random_program.h"

namespace metronome::lpu {
namespace {

constexpr std::uint32_t kSeed = 77;
constexpr std::size_t kHeaderBytes = 8 + 4 + 4 + 6 * 12;

std::string error_of(const std::vector<std::uint8_t>& bytes) {
  try {
    deserialise(bytes, "a.mtm", nullptr);
  } catch (const UserError& error) {
    return error.what();
  }
  return "none";
}

void expect_same(const Image& a, const Image& b) {
  EXPECT_EQ(a.chip, b.chip);
  EXPECT_EQ(a.info.model, b.info.model);
  EXPECT_EQ(a.info.parameters, b.info.parameters);
  EXPECT_EQ(a.tokenizer, b.tokenizer);
  EXPECT_EQ(a.logits, b.logits);
  EXPECT_EQ(a.programs, b.programs);
  ASSERT_EQ(a.inputs.size(), b.inputs.size());
  for (std::size_t i = 0; i < a.inputs.size(); ++i) {
    EXPECT_EQ(a.inputs[i].kind, b.inputs[i].kind);
    EXPECT_EQ(a.inputs[i].tensor, b.inputs[i].tensor);
    EXPECT_EQ(a.inputs[i].table, b.inputs[i].table);
  }
  ASSERT_EQ(a.tensors.size(), b.tensors.size());
  for (std::size_t i = 0; i < a.tensors.size(); ++i) {
    const MemoryTensor& s = a.tensors[i];
    const MemoryTensor& t = b.tensors[i];
    EXPECT_EQ(s.name, t.name);
    EXPECT_EQ(s.kind, t.kind);
    EXPECT_EQ(s.hemisphere, t.hemisphere);
    EXPECT_EQ(s.width, t.width);
    EXPECT_EQ(s.slices, t.slices);
    EXPECT_EQ(s.address, t.address);
    EXPECT_EQ(s.rows, t.rows);
    EXPECT_EQ(s.lanes, t.lanes);
    EXPECT_EQ(s.fill, t.fill);
    EXPECT_EQ(s.first_value, t.first_value);
    EXPECT_EQ(s.value_step, t.value_step);
    EXPECT_TRUE(std::equal(s.data.begin(), s.data.end(), t.data.begin(), t.data.end())) << s.name;
  }
}

TEST(Image, ComesBackWholeAndGivesTheSameBytesAgain) {
  for (const ChipSpec& spec : chip_presets()) {
    for (std::uint32_t seed = kSeed; seed < kSeed + 5; ++seed) {
      SCOPED_TRACE(spec.name + " seed " + std::to_string(seed));
      const Image image = random_image(seed, spec, 30);
      const auto bytes = serialise(image);
      ASSERT_EQ(error_of(bytes), "none");
      const Image again = deserialise(bytes, "a.mtm", nullptr);
      expect_same(image, again);
      EXPECT_EQ(serialise(again), bytes);
    }
  }
}

TEST(Image, EveryDamagedByteIsRefusedOrWasPadding) {
  const auto bytes = serialise(random_image(kSeed, teaching(), 3));
  const Image whole = deserialise(bytes, "a.mtm", nullptr);
  std::size_t padding = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (std::uint8_t damage : {std::uint8_t{1}, std::uint8_t{0x80}, std::uint8_t{0xff}}) {
      auto damaged = bytes;
      damaged[at] ^= damage;
      if (error_of(damaged) != "none") continue;
      ++padding;
      EXPECT_GE(at, kHeaderBytes);
      EXPECT_EQ(bytes[at], 0) << "byte " << at;
      EXPECT_EQ(serialise(deserialise(damaged, "a.mtm", nullptr)), bytes) << "byte " << at;
    }
  }
  EXPECT_LE(padding, 3U * 6U * 63U);
}

TEST(Image, EveryTruncationIsRefused) {
  const auto bytes = serialise(random_image(kSeed, teaching(), 3));
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const std::vector<std::uint8_t> part(bytes.begin(),
                                         bytes.begin() + static_cast<std::ptrdiff_t>(length));
    ASSERT_NE(error_of(part), "none") << "length " << length;
  }
  auto longer = bytes;
  longer.push_back(0);
  EXPECT_EQ(error_of(longer),
            fmt::format("a.mtm: byte {}: bytes after the last section", bytes.size()));
}

/// Sums section `section` anew, as a hostile writer would.
void sum_again(std::vector<std::uint8_t>& bytes, std::size_t section) {
  std::size_t at = kHeaderBytes;
  std::size_t size = 0;
  for (std::size_t s = 0; s <= section; ++s) {
    at = (at + size + 63) / 64 * 64;
    size = bytes[16 + 12 * s] + 256U * bytes[17 + 12 * s];
  }
  boost::crc_32_type sum;
  sum.process_bytes(&bytes[at], size);
  for (std::size_t b = 0; b < 4; ++b) {
    bytes[16 + 12 * section + 8 + b] = static_cast<std::uint8_t>(sum.checksum() >> (8 * b));
  }
}

TEST(Image, AByteChangedUnderAGoodChecksumIsRefusedOrMakesAnImageThatMaySerialise) {
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  const auto bytes = serialise(random_image(kSeed, teaching(), 3));
  ASSERT_LT(bytes.size(), 65536U);
  RandomProgram random(kSeed, teaching());
  int refused = 0;
  int accepted = 0;
  for (std::size_t at = kHeaderBytes; at < bytes.size(); ++at) {
    auto changed = bytes;
    changed[at] = static_cast<std::uint8_t>(random.between(0, 255));
    for (std::size_t section = 0; section < 6; ++section) sum_again(changed, section);
    if (error_of(changed) != "none") {
      ++refused;
      continue;
    }
    ++accepted;
    const auto again = serialise(deserialise(changed, "a.mtm", nullptr));
    ASSERT_EQ(error_of(again), "none") << "byte " << at;
    ASSERT_EQ(serialise(deserialise(again, "a.mtm", nullptr)), again) << "byte " << at;
  }
  EXPECT_GT(refused, 0);
  EXPECT_GT(accepted, 0);
}

TEST(Image, OtherVersionsAndOtherFilesAreNamedAsSuch) {
  auto bytes = serialise(random_image(kSeed, teaching(), 1));
  bytes[8] = 1;
  EXPECT_EQ(error_of(bytes), "a.mtm: version: found 1, this build reads 3");
  bytes[0] = 'X';
  EXPECT_EQ(error_of(bytes), "a.mtm: magic: not a program image");
  EXPECT_EQ(error_of({}), "a.mtm: byte 0: needs 8 bytes, 0 left");
}

TEST(Image, ADamagedSectionIsNamed) {
  auto bytes = serialise(random_image(kSeed, teaching(), 1));
  bytes.back() ^= 1U;
  const std::string error = error_of(bytes);
  EXPECT_TRUE(error.starts_with("a.mtm: section programs: checksum ")) << error;
  EXPECT_TRUE(error.ends_with(": damaged file")) << error;
}

TEST(Image, AChipThatCannotBeIsRefused) {
  Image image = random_image(kSeed, teaching(), 1);
  image.chip.superlanes = 21;
  EXPECT_EQ(error_of(serialise(image)), "a.mtm: superlanes: found 21, allowed 1 to 20");
}

TEST(Image, TableRowsCoverAllBanksWithoutTwoInOneCell) {
  constexpr int kLanes = 16;
  for (const int banks : {1, 2, 4}) {
    const TableShape shape{kLanes, 3, 4, banks};
    std::vector<std::pair<int, int>> cells;
    for (std::int64_t id = 0; id < 10 * kLanes; ++id) {
      const TableRow row = table_row(id, shape);
      EXPECT_GE(row.stripe, 0);
      EXPECT_LT(row.stripe, banks * shape.stripes);
      EXPECT_EQ(row.stripe / shape.stripes, id / kLanes % banks);
      cells.emplace_back(row.stripe, row.address_offset);
    }
    std::sort(cells.begin(), cells.end());
    EXPECT_EQ(std::adjacent_find(cells.begin(), cells.end()), cells.end());
  }
}

}  // namespace
}  // namespace metronome::lpu
