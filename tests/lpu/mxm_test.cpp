// SPDX-License-Identifier: Apache-2.0
#include "hw/lpu/mxm.h"

#include <gtest/gtest.h>

#include "tests/harness/lpu_bench.h"
#include "tests/lpu/references.h"

namespace metronome::lpu::testing {
namespace {

constexpr Hemisphere kEast = Hemisphere::kEast;
constexpr std::uint32_t kSeed = 3200;
constexpr int kResults = 256;  // address of the first result
Cycle result_of(Opcode op) { return info(op).result_cycles; }

ChipSpec three_superlanes() {
  ChipSpec spec = groq1();
  spec.superlanes = 3;
  spec.words_per_bank = 512;
  return spec;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Steps of MXM programs on the east planes: 48 x 48 int8, 48 rows of fp16 on a pair.
class Mxm : public ::testing::Test {
 protected:
  int lanes() const { return bench_.spec().lanes(); }
  std::size_t row_bytes(int width) const { return static_cast<std::size_t>(width * lanes()); }
  QueueId weights(int plane = 0) const { return bench_.mxm(kEast, plane, Unit::kMxmWeights); }
  QueueId activations(int plane = 0) const {
    return bench_.mxm(kEast, plane, Unit::kMxmActivations);
  }
  QueueId accumulators(int plane = 0) const {
    return bench_.mxm(kEast, plane, Unit::kMxmAccumulate);
  }

  /// A random tile of `rows` rows at `address` of slices 28..43.
  std::vector<Bytes> put_tile(std::uint32_t seed, int address, int rows, int width) {
    std::vector<Bytes> tile;
    const int per_load = 16 / width;
    for (int r = 0; r < rows; ++r) {
      const Bytes raw = random_bytes(seed + static_cast<std::uint32_t>(r), row_bytes(width));
      tile.push_back(width == 2 ? moderate_halves(raw) : raw);
      bench_.put(kEast, 28 + r % per_load * width, address + r / per_load, width, tile.back());
    }
    return tile;
  }
  Bytes put_activations(std::uint32_t seed, int address, int width) {
    const Bytes raw = random_bytes(seed, row_bytes(width));
    const Bytes row = width == 2 ? moderate_halves(raw) : raw;
    bench_.put(kEast, 24, address, width, row);
    return row;
  }
  /// LWs of `rows` rows from `when`; returns the first cycle of an install.
  Cycle load(ProgramBuilder& p, Cycle when, int address, int rows, int width, int plane = 0,
             int first_row = 0) {
    const int loads = rows * width / 16;
    bench_.feed(p, kEast, 28, address, east(0, 16), bench_.edge(kEast), when, loads, 1, 1);
    const Opcode op = width == 2 ? Opcode::kLwF16 : Opcode::kLwI8;
    p.at(when).on(weights(plane)).issue(load_weights(op, first_row, east(0, 16)), loads);
    return when + loads - 1 + result_of(op);
  }
  Cycle install_at(ProgramBuilder& p, Cycle when, int rows, int width, int plane = 0) {
    const Opcode op = width == 2 ? Opcode::kIwF16 : Opcode::kIwI8;
    p.at(when).on(weights(plane)).issue(install(op, rows));
    return when + result_of(op);
  }
  /// One activation vector; returns the cycle of its ACC.
  Cycle multiply(ProgramBuilder& p, Cycle when, int address, Opcode op, int superlanes,
                 int plane = 0) {
    const int width = op == Opcode::kAbcI8 ? 1 : 2;
    bench_.feed(p, kEast, 24, address, east(16, width), bench_.edge(kEast), when);
    p.at(when).on(activations(plane)).issue(activate(op, east(16, width), superlanes));
    return when + result_of(op);
  }
  /// ACC; an emitted result goes to slices 20..23, `address`.
  void add(ProgramBuilder& p, Cycle when, Opcode op, int slot, std::uint32_t flags, int address,
           int plane = 0) {
    p.at(when).on(accumulators(plane)).issue(accumulate(op, slot, flags, west(0, 4)));
    if ((flags & kFlagEmit) != 0) {
      bench_.capture(p, kEast, 20, address, west(0, 4), bench_.edge(kEast), when + result_of(op));
    }
  }
  Bytes result(int address) { return bench_.get(kEast, 20, address, 4); }

  Bench bench_{three_superlanes()};
};

TEST_F(Mxm, Int8ProductsAreExactForEveryNumberOfSuperlanes) {
  const auto tile = put_tile(kSeed, 0, 48, 1);
  // The largest magnitudes there are, in one row and the activations.
  bench_.put(kEast, 28, 0, 1, Bytes(row_bytes(1), 0x80));
  auto weights_now = tile;
  weights_now[0] = Bytes(row_bytes(1), 0x80);
  const Bytes extreme(row_bytes(1), 0x80);
  bench_.put(kEast, 24, 1, 1, extreme);
  const Bytes a = put_activations(kSeed + 100, 0, 1);
  ProgramBuilder p;
  const Cycle ready = install_at(p, load(p, 30, 0, 48, 1), 48, 1);
  for (int s = 1; s <= 3; ++s) {
    add(p, multiply(p, ready + s, 0, Opcode::kAbcI8, s), Opcode::kAccI32, 0, kFlagEmit,
        kResults + s);
  }
  add(p, multiply(p, ready + 4, 1, Opcode::kAbcI8, 3), Opcode::kAccI32, 1, kFlagEmit, kResults + 4);
  ASSERT_EQ(bench_.error_of(p), "");
  for (int s = 1; s <= 3; ++s) {
    EXPECT_EQ(result(kResults + s),
              multiplied_i8(weights_now, a, static_cast<std::size_t>(16 * s), lanes()));
  }
  EXPECT_EQ(result(kResults + 4), multiplied_i8(weights_now, extreme, 48, lanes()));
  EXPECT_EQ(lane_of(result(kResults + 4), 0, 4), 48U * 128U * 128U);
}

TEST_F(Mxm, Fp16ProductsAreTheExactSumRoundedOnce) {
  const auto tile = put_tile(kSeed, 0, 48, 2);
  const Bytes a = put_activations(kSeed + 100, 0, 2);
  ProgramBuilder p;
  const Cycle ready = install_at(p, load(p, 30, 0, 48, 2), 48, 2);
  add(p, multiply(p, ready, 0, Opcode::kAbcF16, 1), Opcode::kAccF32, 0, kFlagEmit, kResults);
  add(p, multiply(p, ready + 1, 0, Opcode::kAbcF16Wide, 3), Opcode::kAccF32, 0, kFlagEmit,
      kResults + 1);
  ASSERT_EQ(bench_.error_of(p), "");
  EXPECT_EQ(result(kResults), multiplied_f16(tile, a, 16, lanes()));
  EXPECT_EQ(result(kResults + 1), multiplied_f16(tile, a, 48, lanes()));
}

TEST_F(Mxm, TheNextTileLoadsWhileThisOneMultiplies) {
  const auto first = put_tile(kSeed, 0, 48, 1);
  const auto second = put_tile(kSeed + 1000, 10, 48, 1);
  const Bytes a = put_activations(kSeed + 100, 0, 1);
  ProgramBuilder p;
  const Cycle ready = install_at(p, load(p, 30, 0, 48, 1), 48, 1);
  // Loads of the second tile stand in the very cycles of the first one's products.
  const Cycle loaded = load(p, ready, 10, 48, 1);
  for (int n = 0; n < 3; ++n) {
    add(p, multiply(p, ready + n, 0, Opcode::kAbcI8, 3), Opcode::kAccI32, 0, kFlagEmit,
        kResults + n);
  }
  const Cycle again = install_at(p, loaded, 48, 1);
  add(p, multiply(p, again, 0, Opcode::kAbcI8, 3), Opcode::kAccI32, 0, kFlagEmit, kResults + 3);
  ASSERT_EQ(bench_.error_of(p), "");
  for (int n = 0; n < 3; ++n) EXPECT_EQ(result(kResults + n), multiplied_i8(first, a, 48, lanes()));
  EXPECT_EQ(result(kResults + 3), multiplied_i8(second, a, 48, lanes()));
}

TEST_F(Mxm, AnInstallBeforeTheLastLoadIsCompleteIsRefused) {
  put_tile(kSeed, 0, 48, 1);
  ProgramBuilder p;
  install_at(p, load(p, 30, 0, 48, 1) - 1, 48, 1);
  EXPECT_EQ(bench_.error_of(p),
            "mxm_e.plane_0.weights: cycle 71: installs weights that are still being loaded");
}

TEST_F(Mxm, AMultiplicationBeforeOrDuringTheInstallIsRefused) {
  put_tile(kSeed, 0, 48, 1);
  put_activations(kSeed, 0, 1);
  ProgramBuilder never;
  multiply(never, 50, 0, Opcode::kAbcI8, 3);
  EXPECT_EQ(bench_.error_of(never),
            "mxm_e.plane_0.activations: cycle 85: multiplies before weights of its type are "
            "installed");
  ProgramBuilder early;
  multiply(early, install_at(early, load(early, 30, 0, 48, 1), 48, 1) - 1, 0, Opcode::kAbcI8, 3);
  EXPECT_TRUE(contains(bench_.error_of(early), "multiplies before weights"));
}

TEST_F(Mxm, AnInstallWhileATwoBeatMultiplicationHoldsTheArrayIsRefused) {
  put_tile(kSeed, 0, 8, 2);
  put_activations(kSeed, 0, 2);
  for (const int after : {1, 2}) {
    ProgramBuilder p;
    const Cycle ready = install_at(p, load(p, 30, 0, 8, 2), 8, 2);
    load(p, ready, 0, 8, 2);
    multiply(p, ready + 10, 0, Opcode::kAbcF16Wide, 3);
    install_at(p, ready + 10 + after, 8, 2);
    EXPECT_EQ(contains(bench_.error_of(p), "installs while the array multiplies"), after < 2);
  }
}

TEST_F(Mxm, ATileIsNotCompletedFromTheWeightsOfAnEarlierOne) {
  put_tile(kSeed, 0, 48, 1);
  ProgramBuilder p;
  const Cycle ready = install_at(p, load(p, 30, 0, 48, 1), 48, 1);
  const Cycle again = install_at(p, load(p, ready, 0, 48, 1), 48, 1);
  install_at(p, load(p, again, 0, 16, 1, 0, 32), 48, 1);
  EXPECT_TRUE(contains(bench_.error_of(p), "loads row 32 of a tile that was not begun"));
}

TEST_F(Mxm, AccumulatorsAreSetAddedToAndEmittedWhereAsked) {
  const auto tile = put_tile(kSeed, 0, 48, 1);
  const Bytes a = put_activations(kSeed + 100, 0, 1);
  const Bytes b = put_activations(kSeed + 101, 1, 1);
  ProgramBuilder p;
  const Cycle ready = install_at(p, load(p, 30, 0, 48, 1), 48, 1);
  const auto step = [&](int n, int row, int slot, std::uint32_t flags) {
    add(p, multiply(p, ready + n, row, Opcode::kAbcI8, 3), Opcode::kAccI32, slot, flags,
        kResults + n);
  };
  step(0, 0, 0, 0);                     // slot 0 = a
  step(1, 1, 1, kFlagEmit);             // slot 1 = b
  step(2, 1, 0, kFlagAdd);              // slot 0 = a + b
  step(3, 1, 0, kFlagAdd | kFlagEmit);  // slot 0 = a + 2b
  step(4, 0, 1, kFlagAdd | kFlagEmit);  // slot 1 = a + b
  step(5, 0, 0, kFlagEmit);             // slot 0 = a, set anew
  ASSERT_EQ(bench_.error_of(p), "");
  const Bytes of_a = multiplied_i8(tile, a, 48, lanes());
  const Bytes of_b = multiplied_i8(tile, b, 48, lanes());
  for (int l = 0; l < lanes(); ++l) {
    const std::uint32_t x = lane_of(of_a, l, 4);
    const std::uint32_t y = lane_of(of_b, l, 4);
    EXPECT_EQ(lane_of(result(kResults + 1), l, 4), y);
    EXPECT_EQ(lane_of(result(kResults + 3), l, 4), x + 2 * y);
    EXPECT_EQ(lane_of(result(kResults + 4), l, 4), x + y);
    EXPECT_EQ(lane_of(result(kResults + 5), l, 4), x);
  }
  for (int silent : {0, 2}) EXPECT_FALSE(bench_.holds(kEast, 20, kResults + silent));
}

TEST_F(Mxm, Fp32AccumulationAddsRoundedProductsInOrder) {
  const auto tile = put_tile(kSeed, 0, 16, 2);
  const Bytes a = put_activations(kSeed + 100, 0, 2);
  const Bytes b = put_activations(kSeed + 101, 1, 2);
  ProgramBuilder p;
  const Cycle ready = install_at(p, load(p, 30, 0, 16, 2), 16, 2);
  add(p, multiply(p, ready, 0, Opcode::kAbcF16, 1), Opcode::kAccF32, 1, 0, 0);
  add(p, multiply(p, ready + 1, 1, Opcode::kAbcF16, 1), Opcode::kAccF32, 1, kFlagAdd | kFlagEmit,
      kResults);
  ASSERT_EQ(bench_.error_of(p), "");
  const Bytes x = multiplied_f16(tile, a, 16, lanes());
  const Bytes y = multiplied_f16(tile, b, 16, lanes());
  EXPECT_EQ(result(kResults), alu_result(*alu_definition(Opcode::kAddF32), x, y, lanes()));
}

TEST_F(Mxm, AnAccumulateOneCycleOffIsRefused) {
  put_tile(kSeed, 0, 16, 1);
  put_activations(kSeed, 0, 1);
  for (const int off : {-1, 1}) {
    ProgramBuilder p;
    const Cycle ready = install_at(p, load(p, 30, 0, 16, 1), 16, 1);
    add(p, multiply(p, ready, 0, Opcode::kAbcI8, 3) + off, Opcode::kAccI32, 0, 0, 0);
    EXPECT_TRUE(contains(bench_.error_of(p), "operand missing: no product in this cycle"));
  }
}

TEST_F(Mxm, AnAccumulateOfAnotherTypeOrIntoAnotherSlotIsRefused) {
  put_tile(kSeed, 0, 16, 1);
  put_activations(kSeed, 0, 1);
  const auto error = [&](Opcode op, int slot, std::uint32_t flags) {
    ProgramBuilder p;
    const Cycle ready = install_at(p, load(p, 30, 0, 16, 1), 16, 1);
    add(p, multiply(p, ready, 0, Opcode::kAbcI8, 3), op, slot, flags, kResults);
    return bench_.error_of(p);
  };
  EXPECT_TRUE(contains(error(Opcode::kAccF32, 0, 0), "takes a product of another type"));
  EXPECT_TRUE(contains(error(Opcode::kAccI32, 2, 0), "accumulator 2, a plane has 2"));
  EXPECT_TRUE(contains(error(Opcode::kAccI32, 1, kFlagAdd), "adds to an accumulator never set"));
}

}  // namespace
}  // namespace metronome::lpu::testing
