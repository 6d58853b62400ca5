// SPDX-License-Identifier: Apache-2.0
// One model gives one image, and an image from bytes runs as the compiled one does.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <memory>

#include "compiler/lpu/compile.h"
#include "hw/isa/lpu/assembly.h"
#include "runtime/devices/lpu_device.h"
#include "tests/programs/equal_results.h"

namespace metronome::testing {
namespace {

harness::RandomShape shape() {
  harness::RandomShape s;
  s.context = 80;
  s.layers = 1;
  s.tied = false;
  return s;
}

TEST(CompiledImage, HasTheSameBytesEachTime) {  // D13
  const auto bytes = [] {
    return lpu::serialise(compiler::compile(harness::random_model(shape()), lpu::groq1(), {}));
  };
  const std::vector<std::uint8_t> first = bytes();
  EXPECT_EQ(bytes(), first);
  // To be compared between compilers and hosts.
  std::uint64_t hash = 0xCBF29CE484222325U;  // FNV-1a
  for (const std::uint8_t b : first) hash = (hash ^ b) * 0x100000001B3U;
  std::cout << first.size() << " bytes, FNV-1a " << std::hex << hash << std::dec << "\n";
}

TEST(CompiledImage, ChangesWithTheModelsWeights) {
  harness::RandomShape other = shape();
  other.seed = 2;
  const auto bytes = [](const harness::RandomShape& s) {
    return lpu::serialise(compiler::compile(harness::random_model(s), lpu::teaching(), {}));
  };
  EXPECT_NE(bytes(shape()), bytes(other));
}

TEST(CompiledImage, RunsFromItsBytesAsTheReferenceDoes) {
  const graph::Model model = harness::random_model(shape());
  const auto bytes = std::make_shared<std::vector<std::uint8_t>>(
      lpu::serialise(compiler::compile(model, lpu::teaching(), {})));
  const lpu::Image image = lpu::deserialise(*bytes, "memory", bytes);
  EXPECT_EQ(lpu::serialise(image), *bytes);
  expect_chip_equals_reference(model, image, harness::random_tokens(3, 70, shape().vocab));
}

TEST(CompiledImage, RunsFromItsAssemblyAsTheReferenceDoes) {
  const graph::Model model = harness::random_model(shape());
  const lpu::Image compiled = compiler::compile(model, lpu::teaching(), {});
  const lpu::Image image = lpu::assemble(lpu::disassemble(compiled), "text");
  EXPECT_EQ(lpu::serialise(image), lpu::serialise(compiled));
  expect_chip_equals_reference(model, image, harness::random_tokens(3, 66, shape().vocab));
}

TEST(CompiledImage, GivesTheSameTwiceOnOneChip) {
  const lpu::Image image = compiler::compile(harness::random_model(shape()), lpu::teaching(), {});
  runtime::LpuDevice chip(image);
  const auto run = [&] {
    chip.reset();
    std::vector<float> all;
    for (const std::int32_t token : harness::random_tokens(5, 10, shape().vocab)) {
      const auto logits = chip.step(token).logits;
      all.insert(all.end(), logits.begin(), logits.end());
    }
    return all;
  };
  const std::vector<float> first = run();
  EXPECT_EQ(run(), first);
}

TEST(CompiledImage, OfAShorterContextRunsAsTheReferenceDoes) {
  const graph::Model model = harness::random_model(shape());
  compiler::CompileOptions options;
  options.context = 5;
  const lpu::Image image = compiler::compile(model, lpu::teaching(), options);
  EXPECT_EQ(image.info.context, 5);
  ASSERT_EQ(image.programs.size(), 1U);
  EXPECT_EQ(image.programs[0].context, 5);
  expect_chip_equals_reference(model, image, harness::random_tokens(6, 5, shape().vocab));
}

TEST(CompiledImage, KeepsItsConstantsThroughAGeneration) {  // G04
  const lpu::Image image = compiler::compile(harness::random_model(shape()), lpu::teaching(), {});
  runtime::LpuDevice chip(image);
  for (const std::int32_t token : harness::random_tokens(7, 40, shape().vocab)) chip.step(token);
  for (const lpu::MemoryTensor& t : image.tensors) {
    if (t.kind != lpu::TensorKind::kConstant) continue;
    std::vector<std::uint8_t> row(static_cast<std::size_t>(t.lanes * t.width));
    for (std::int64_t r = 0; r < t.rows; ++r) {
      chip.chip().read_row(t, r, row);
      const auto wanted = t.data.subspan(static_cast<std::size_t>(r) * row.size(), row.size());
      ASSERT_TRUE(std::equal(row.begin(), row.end(), wanted.begin())) << t.name << " row " << r;
    }
  }
}

}  // namespace
}  // namespace metronome::testing
