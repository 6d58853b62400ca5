// SPDX-License-Identifier: Apache-2.0
#include "tests/programs/equal_results.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <iostream>
#include <map>

#include "compiler/lpu/compile.h"
#include "runtime/devices/lpu_device.h"
#include "runtime/devices/reference_device.h"

namespace metronome::testing {
namespace {

void expect_same_bits(std::int64_t position, std::span<const float> chip,
                      std::span<const float> reference) {
  ASSERT_EQ(chip.size(), reference.size());
  for (std::size_t i = 0; i < chip.size(); ++i) {
    ASSERT_TRUE(std::isfinite(reference[i])) << "position " << position << ", logit " << i;
    ASSERT_EQ(std::memcmp(&chip[i], &reference[i], sizeof(float)), 0)
        << "position " << position << ", logit " << i << ": chip " << chip[i] << ", reference "
        << reference[i];
  }
}

}  // namespace

void expect_chip_equals_reference(const graph::Model& model, const lpu::Image& image,
                                  const std::vector<std::int32_t>& tokens) {
  runtime::LpuDevice chip(image);
  runtime::ReferenceDevice reference(model, {image.chip.lanes(), image.chip.lanes_per_superlane},
                                     image.info.context,
                                     ops::parse_precision(image.info.precision).value());
  std::map<std::string, std::int64_t> cycles;  // by program
  for (std::int32_t token : tokens) {
    const runtime::TokenResult on_chip = chip.step(token);
    const lpu::Program& program = chip.program_for(on_chip.position);
    const runtime::TokenResult plain = reference.step(token);
    EXPECT_EQ(on_chip.simulated_cycles, on_chip.predicted_cycles);
    const auto seen = cycles.emplace(program.name, on_chip.simulated_cycles).first;
    EXPECT_EQ(on_chip.simulated_cycles, seen->second) << program.name;
    expect_same_bits(on_chip.position, on_chip.logits, plain.logits);
    if (::testing::Test::HasFatalFailure()) return;
  }
  for (const auto& [name, count] : cycles) std::cout << name << ": " << count << " cycles\n";
}

compiler::CompileOptions in(ops::Precision precision) {
  compiler::CompileOptions options;
  options.precision = precision;
  return options;
}

void expect_equal_results(const harness::RandomShape& shape, const lpu::ChipSpec& spec,
                          std::size_t tokens, ops::Precision precision) {
  std::cout << shape.name << " on " << spec.name << " in " << ops::to_string(precision) << ", seed "
            << shape.seed << ", " << tokens << " tokens\n";
  const graph::Model model = harness::random_model(shape);
  const lpu::Image image = compiler::compile(model, spec, in(precision));
  expect_chip_equals_reference(model, image,
                               harness::random_tokens(shape.seed + 1, tokens, shape.vocab));
}

}  // namespace metronome::testing
