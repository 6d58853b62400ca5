// SPDX-License-Identifier: Apache-2.0
// The LPU and the GPU side by side on a small model: what varies, what may not, and what adds up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <systemc>

#include "compiler/lpu/compile.h"
#include "hw/isa/error.h"
#include "runtime/comparison/comparison.h"
#include "runtime/comparison/gpu_machine.h"
#include "runtime/comparison/lpu_layers.h"
#include "runtime/comparison/lpu_machine.h"
#include "tests/harness/random_model.h"

namespace metronome::comparison {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

harness::RandomShape shape() {
  harness::RandomShape shape;
  shape.width = 16;
  shape.head_dim = 4;
  shape.ffn = 16;
  shape.vocab = 32;
  shape.context = 16;
  return shape;
}

class MachinesSideBySide : public ::testing::Test {
 protected:
  MachinesSideBySide() : model_(harness::random_model(shape())) {
    compiler::CompileOptions options;
    options.model_name = "small";
    image_ = compiler::compile(model_, lpu::teaching(), options);
  }

  std::unique_ptr<Machine> make_lpu() { return std::make_unique<LpuMachine>(image_); }
  std::unique_ptr<Machine> make_gpu(const GpuOptions& options = {}) {
    gpu::GpuSpec spec = gpu::gpu_preset("teaching");
    spec.jitter_per_million = 100'000;  // of the preset none
    return std::make_unique<GpuMachine>(model_, spec, options, shape().context);
  }
  Comparison run(std::vector<std::unique_ptr<Machine>> machines, std::int64_t runs = 3) {
    Settings settings;
    settings.prompt = {1, 2};
    settings.tokens = 3;
    settings.runs = runs;
    settings.cause_runs = 2;
    machines_ = std::move(machines);
    return compare(
        machines_, settings, [](std::int32_t) { return false; },
        [](const Machine&, std::int64_t, std::int64_t) {});
  }
  Comparison run_both(bool lpu_first = true) {
    std::vector<std::unique_ptr<Machine>> machines;
    machines.push_back(lpu_first ? make_lpu() : make_gpu());
    machines.push_back(lpu_first ? make_gpu() : make_lpu());
    return run(std::move(machines));
  }

  graph::Model model_;
  lpu::Image image_;
  std::vector<std::unique_ptr<Machine>> machines_;
};

std::int64_t total(const std::vector<TimePart>& parts) {
  std::int64_t cycles = 0;
  for (const TimePart& part : parts) cycles += part.cycles;
  return cycles;
}

TEST_F(MachinesSideBySide, ChooseTheSameTokensInEveryRun) {
  const Comparison found = run_both();
  EXPECT_EQ(found.fed.size(), 4U);
  for (const MachineResult& machine : found.machines) {
    EXPECT_THAT(machine.disagreements, IsEmpty()) << machine.name;
    EXPECT_TRUE(machine.same_logits) << machine.name;
    EXPECT_LT(machine.largest_logit_difference, 1e-3) << machine.name;
  }
}

TEST_F(MachinesSideBySide, VaryOnTheGpuAndNeverOnTheLpu) {
  const Comparison found = run_both();
  const MachineResult& lpu = found.machines[0];
  const MachineResult& gpu = found.machines[1];
  for (std::size_t p = 0; p < found.fed.size(); ++p) {
    EXPECT_EQ(lpu.at_position(p).spread(), 0) << p;
    EXPECT_GT(gpu.at_position(p).spread(), 0) << p;
  }
  for (const PieceCycles& piece : lpu.pieces) EXPECT_EQ(piece.cycles.summary().spread(), 0);
  for (const CauseEffect& cause : lpu.causes) EXPECT_THAT(cause.fact.absent, Not(IsEmpty()));
  EXPECT_EQ(lpu.causes.size(), gpu.causes.size());
}

TEST_F(MachinesSideBySide, GivePartsThatAddUpToTheToken) {
  for (const MachineResult& machine : run_both().machines) {
    EXPECT_EQ(total(machine.time_parts), machine.at_position(3).p50) << machine.name;
    for (const TimePart& part : machine.time_parts) EXPECT_GE(part.cycles, 0) << part.name;
    EXPECT_GT(machine.accesses.count(), 0);
  }
}

TEST_F(MachinesSideBySide, HaveAsManyLayersAsTheModel) {
  for (const MachineResult& machine : run_both().machines) {
    const Summary layers = machine.group(Piece::Kind::kLayer, "layer");
    EXPECT_EQ(layers.count, 3 * shape().layers) << machine.name;
    EXPECT_GT(layers.min, 0);
  }
}

TEST_F(MachinesSideBySide, TakeTheSameCyclesForASeedWhateverRanBefore) {
  machines_.push_back(make_lpu());
  machines_.push_back(make_gpu());
  const auto cycles_of = [&](std::uint64_t seed) {
    std::vector<Cycle> cycles;
    for (const std::unique_ptr<Machine>& machine : machines_) {
      machine->begin(seed);
      for (const std::int32_t token : {1, 2, 3}) cycles.push_back(machine->step(token).cycles);
    }
    return cycles;
  };
  const std::vector<Cycle> once = cycles_of(5);
  EXPECT_NE(cycles_of(6), once);
  EXPECT_EQ(cycles_of(5), once);
}

TEST_F(MachinesSideBySide, MeasureALastTokenAgainAsOftenAsAsked) {
  machines_.push_back(make_gpu());
  Machine& gpu = *machines_.front();
  const std::vector<std::int32_t> ids = {1, 2, 3};
  gpu.begin(0);
  for (const std::int32_t token : ids) gpu.step(token);
  const Cycle fixed = gpu.again(ids, {0, std::nullopt, 0});
  const Cycle other = gpu.again(ids, {0, std::nullopt, 1});
  EXPECT_NE(fixed, other);
  EXPECT_EQ(gpu.again(ids, {0, std::nullopt, 0}), fixed);
  EXPECT_EQ(gpu.again(ids, {1, std::nullopt, 1}), other);
  EXPECT_GT(gpu.again(std::span(ids).first(1), {0, std::nullopt, 0}), fixed);  // cold
}

struct ModeCase {
  gpu::LaunchMode mode;
  std::size_t kernels;  // of a token, at least
  bool jitter;          // the host can be late
};

std::ostream& operator<<(std::ostream& out, const ModeCase& row) {
  return out << gpu::name(row.mode);
}

class AGpuLaunchedAs : public MachinesSideBySide, public ::testing::WithParamInterface<ModeCase> {};

TEST_P(AGpuLaunchedAs, ShowsItsKernelsAndGaps) {
  GpuOptions options;
  options.mode = GetParam().mode;
  std::vector<std::unique_ptr<Machine>> machines;
  machines.push_back(make_gpu(options));
  const MachineResult found = run(std::move(machines)).machines[0];
  std::size_t kernels = 0;
  for (const PieceCycles& p : found.pieces) kernels += p.kind == Piece::Kind::kKernel ? 1 : 0;
  EXPECT_GE(kernels, GetParam().kernels);
  for (const CauseEffect& cause : found.causes) {
    if (cause.fact.name == "background") {
      EXPECT_THAT(cause.fact.absent, Not(IsEmpty()));
    }
    if (cause.fact.name == "host jitter") {
      EXPECT_EQ(cause.fact.absent.empty(), GetParam().jitter);
    }
  }
  for (const TimePart& part : found.time_parts) {
    if (part.name == "launch gaps") {
      EXPECT_GT(part.cycles, 0);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, AGpuLaunchedAs,
                         ::testing::Values(ModeCase{gpu::LaunchMode::kStream, 10, true},
                                           ModeCase{gpu::LaunchMode::kGraph, 10, false},
                                           ModeCase{gpu::LaunchMode::kPersistent, 1, false}),
                         [](const auto& row) { return std::string(gpu::name(row.param.mode)); });

TEST_F(MachinesSideBySide, HaveABackgroundCauseWhereThereIsBackground) {
  GpuOptions options;
  options.background_permille = 500;
  std::vector<std::unique_ptr<Machine>> machines;
  machines.push_back(make_gpu(options));
  const MachineResult found = run(std::move(machines)).machines[0];
  const CauseEffect& background = found.causes.back();
  EXPECT_EQ(background.fact.name, "background");
  EXPECT_THAT(background.fact.absent, IsEmpty());
  EXPECT_EQ(background.added.count(), 2);
}

}  // namespace
}  // namespace metronome::comparison
