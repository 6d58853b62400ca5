// SPDX-License-Identifier: Apache-2.0
// What a token costs the host: compile, judge, emulate one model on groq1.
// Usage: metronome_bench [MODEL] [Google Benchmark options]; without MODEL, the shipped one.
#include <benchmark/benchmark.h>
#include <fmt/core.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <string>

#include "compiler/lpu/check_schedule.h"
#include "compiler/lpu/compile.h"
#include "runtime/devices/lpu_device.h"
#include "runtime/model_files/load_model.h"

int sc_main(int, char**) { return 0; }

namespace {

using metronome::lpu::Image;

std::string model_path = METRONOME_SOURCE_DIR "/programs/shipped_model/metronome-stories.gguf";

metronome::graph::Model& model() {
  static metronome::graph::Model loaded = metronome::runtime::load_model(model_path);
  return loaded;
}

const Image& image() {
  static const Image compiled = [] {
    metronome::compiler::CompileOptions options;
    options.judge = false;
    return metronome::compiler::compile(model(), metronome::lpu::groq1(), options);
  }();
  return compiled;
}

void compile(benchmark::State& state) {
  metronome::compiler::CompileOptions options;
  options.judge = false;
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        metronome::compiler::compile(model(), metronome::lpu::groq1(), options));
  }
}

void judge(benchmark::State& state) {
  for (auto _ : state) {
    for (const auto& program : image().programs) {
      if (metronome::compiler::check_schedule(image(), program)) state.SkipWithError("conflict");
    }
  }
}

/// A whole context of tokens, over and over: every position counts the same.
void emulate_token(benchmark::State& state) {
  // SystemC elaborates once a process: the device lives from the first use to the end.
  static auto* device = new metronome::runtime::LpuDevice(image());
  device->reset();
  const std::int64_t instructions = device->instructions_issued();
  const std::int64_t macs = device->macs();
  std::int64_t position = 0;
  for (auto _ : state) {
    if (position == device->context()) {
      device->reset();
      position = 0;
    }
    const auto result = device->step(static_cast<std::int32_t>(position % device->vocab()));
    if (result.predicted_cycles != result.simulated_cycles) state.SkipWithError("cycles differ");
    ++position;
  }
  using benchmark::Counter;
  state.counters["tokens"] = Counter(static_cast<double>(state.iterations()), Counter::kIsRate);
  state.counters["instructions"] =
      Counter(static_cast<double>(device->instructions_issued() - instructions), Counter::kIsRate);
  state.counters["macs"] = Counter(static_cast<double>(device->macs() - macs), Counter::kIsRate);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc > 1 && argv[1][0] != '-') {
      model_path = argv[1];
      std::copy(argv + 2, argv + argc, argv + 1);
      --argc;
    }
    benchmark::RegisterBenchmark("compile", compile)->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark("judge", judge)->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark("emulate_token", emulate_token)
        ->Unit(benchmark::kMillisecond)
        ->Iterations(model().config.context);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::RunSpecifiedBenchmarks();
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    fmt::print("peak resident memory: {} MiB; chip SRAM: {} MiB\n", usage.ru_maxrss / 1024,
               metronome::lpu::groq1().sram_bytes() / (1 << 20));
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "metronome_bench: {}\n", error.what());
    return 2;
  }
}
