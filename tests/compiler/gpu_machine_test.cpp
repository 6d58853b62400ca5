// SPDX-License-Identifier: Apache-2.0
// Decode steps on the GPU itself, which refuses wrong control bits and knows when stores arrive.
#include <gtest/gtest.h>

#include "hw/gpu/gpu.h"
#include "tests/compiler/gpu_decode_bench.h"
#include "tests/harness/random_model.h"

namespace metronome::gpu {
namespace {

class DeviceBytes : public ByteMemory {
 public:
  explicit DeviceBytes(DeviceMemory& memory) : memory_(memory) {}
  std::uint8_t* bytes(Address address, std::int64_t count) override {
    return memory_.at(address, count);
  }

 private:
  DeviceMemory& memory_;
};

struct MachineCase {
  const char* spec;
  TokenForm form;
  LaunchMode mode;
};

std::ostream& operator<<(std::ostream& out, const MachineCase& c) {
  return out << c.spec << ", " << name(c.mode);
}

class DecodeOnTheGpu : public ::testing::TestWithParam<MachineCase> {};

TEST_P(DecodeOnTheGpu, GivesTheLogitsOfTheReference) {
  const MachineCase& c = GetParam();
  harness::RandomShape shape;
  shape.context = 80;
  const graph::Model model = harness::random_model(shape);
  Gpu gpu("gpu", gpu_preset(c.spec), 64 << 20);
  gpu.reset(Conditions::seeded(1));
  DeviceBytes memory(gpu.memory());
  DecodeRunner runner(
      lower_decode(model, gpu.spec(), c.form, shape.context), shape.vocab, memory,
      [&](const ProgramBuffer& b) { return gpu.memory().allocate(b.name, b.bytes); },
      [&](const std::vector<Launch>& launches) {
        const RunTiming timing = gpu.run(launches, c.mode);
        EXPECT_EQ(timing.launches.size(), launches.size());
        RecordProperty("cycles", static_cast<int>(timing.cycles()));
      });
  DecodeReference reference(model);
  const auto tokens = harness::random_tokens(3, 3, shape.vocab);
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    const auto position = static_cast<std::int64_t>(t);
    const ops::Values expected = reference.step(tokens[t], position);
    const std::vector<float> found = runner.step(tokens[t], position);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      ASSERT_NEAR(found[i], expected[i], 1e-4) << "position " << t << ", logit " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Machines, DecodeOnTheGpu,
    ::testing::Values(MachineCase{"teaching", TokenForm::kKernels, LaunchMode::kStream},
                      MachineCase{"teaching", TokenForm::kPersistent, LaunchMode::kPersistent},
                      MachineCase{"h100", TokenForm::kKernels, LaunchMode::kGraph},
                      MachineCase{"h100", TokenForm::kPersistent, LaunchMode::kPersistent},
                      MachineCase{"a100", TokenForm::kKernels, LaunchMode::kGraph},
                      MachineCase{"v100", TokenForm::kKernels, LaunchMode::kGraph}));

}  // namespace
}  // namespace metronome::gpu
