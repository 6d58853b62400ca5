// SPDX-License-Identifier: Apache-2.0
// Cycles of one layer of well-known shapes, step by step, as they were when somebody last looked:
// a change that makes any of them slower, or faster, shows in the golden file.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "compiler/lpu/bounds.h"
#include "compiler/lpu/compile.h"
#include "tests/harness/random_model.h"
#include "tests/programs/equal_results.h"

namespace metronome::testing {
namespace {

struct Kernel {
  const char* name;
  std::int64_t width;
  std::int64_t heads;
  std::int64_t kv_heads;
  std::int64_t head_dim;
  std::int64_t ffn;
  std::int64_t context;
};

// One layer each; widths as the llama2.c models of 15M and 110M parameters and SmolLM2-135M.
constexpr Kernel kKernels[] = {
    {"llama-15m", 288, 6, 6, 48, 768, 64},
    {"llama-110m", 768, 12, 12, 64, 2048, 64},
    {"llama-110m", 768, 12, 12, 64, 2048, 256},
    {"smollm2-135m", 576, 9, 3, 64, 1536, 64},
};

harness::RandomShape shape_of(const Kernel& k) {
  harness::RandomShape shape;
  shape.name = k.name;
  shape.width = k.width;
  shape.heads = k.heads;
  shape.kv_heads = k.kv_heads;
  shape.head_dim = k.head_dim;
  shape.ffn = k.ffn;
  shape.context = k.context;
  shape.layers = 1;
  shape.vocab = 320;
  return shape;
}

/// One line an operator: when it begins and ends in the program of the whole context.
std::string cycles_of(const Kernel& k, ops::Precision precision) {
  const graph::Model model = harness::random_model(shape_of(k));
  const lpu::Image image = compiler::compile(model, lpu::groq1(), in(precision));
  const lpu::Program& program = image.programs.back();
  const compiler::ScheduleGraph graph(image, program);
  const auto rows = compiler::layer_bounds(graph);
  std::string text = fmt::format("{} {} positions {}: {} cycles, bound {} ({})\n", k.name,
                                 k.context, ops::to_string(precision), program.predicted_cycles,
                                 rows.front().binding().cycles, rows.front().binding().name);
  for (const compiler::OperatorSpan& span : rows.front().operators) {
    text += fmt::format("  {:<20} {:>6} {:>6}\n", span.name, span.begin, span.end);
  }
  return text;
}

TEST(KernelCycles, AreThoseOfTheGoldenFile) {
  std::string found;
  for (const Kernel& kernel : kKernels) {
    for (const ops::Precision precision :
         {ops::Precision::kFp16, ops::Precision::kInt8, ops::Precision::kW8A16}) {
      found += cycles_of(kernel, precision);
    }
  }
  const std::string path = std::string(METRONOME_SOURCE_DIR) + "/tests/golden/kernel_cycles.txt";
  const char* update = std::getenv("UPDATE_GOLDEN");
  if (update != nullptr && std::string(update) == "1") std::ofstream(path) << found;
  std::stringstream wanted;
  wanted << std::ifstream(path).rdbuf();
  EXPECT_EQ(found, wanted.str()) << path << ": UPDATE_GOLDEN=1 rewrites it";
}

}  // namespace
}  // namespace metronome::testing
