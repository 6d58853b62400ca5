// SPDX-License-Identifier: Apache-2.0
// What emulation may not cost: memory from the host's heap for what happens every cycle. Counted,
// not timed. Slow tests alone take these operators: sanitizers bring their own.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <new>

#include "compiler/lpu/compile.h"
#include "runtime/devices/lpu_device.h"
#include "runtime/model_files/load_model.h"

namespace {

std::int64_t allocations = 0;

void* counted(std::size_t bytes) {
  ++allocations;
  void* memory = std::malloc(bytes == 0 ? 1 : bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

// NOLINTBEGIN(misc-new-delete-overloads): those with an alignment fall back on these' counterparts.
void* operator new(std::size_t bytes) { return counted(bytes); }
void* operator new[](std::size_t bytes) { return counted(bytes); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
// NOLINTEND(misc-new-delete-overloads)

namespace metronome::testing {
namespace {

struct HostRow {
  const char* model;
  ops::Precision precision;
};

class HostAllocations : public ::testing::TestWithParam<HostRow> {};

/// Each of the stream fabric's 16,384 slots keeps what it once needed for values that share one, so
/// a few tokens grow before the rest stays.
TEST_P(HostAllocations, AreFewATokenOnceWarmWhateverItsInstructions) {
  constexpr int kWarm = 12;
  constexpr std::int64_t kMost = 64;
  const graph::Model model = runtime::load_model(GetParam().model);
  compiler::CompileOptions options;
  options.judge = false;
  options.context = 32;
  options.precision = GetParam().precision;
  const lpu::Image image = compiler::compile(model, lpu::groq1(), options);
  runtime::LpuDevice device(image);
  for (int i = 0; i < kWarm; ++i) device.step(i);
  const std::int64_t instructions = device.instructions_issued();
  const std::int64_t before = allocations;
  device.step(kWarm);
  EXPECT_LE(allocations - before, kMost)
      << device.instructions_issued() - instructions << " instructions";
}

INSTANTIATE_TEST_SUITE_P(Models, HostAllocations,
                         ::testing::Values(HostRow{"shape:llama-260k", ops::Precision::kFp16},
                                           HostRow{"shape:llama-15m/2", ops::Precision::kInt8}),
                         [](const auto& row) { return row.index == 0 ? "fp16" : "int8"; });

}  // namespace
}  // namespace metronome::testing
