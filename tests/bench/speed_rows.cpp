// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/speed_rows.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "compiler/graph/graph.h"
#include "compiler/lpu/compile.h"
#include "runtime/devices/gpu_device.h"
#include "runtime/devices/lpu_device.h"
#include "runtime/model_files/load_model.h"
#include "runtime/synthetic_model.h"
#include "tests/bench/native_decode.h"

namespace metronome::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kContext = 64;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

lpu::Image compiled(const graph::Model& model, ops::Precision precision, std::int64_t context) {
  compiler::CompileOptions options;
  options.judge = false;
  options.precision = precision;
  options.context = context;
  return compiler::compile(model, lpu::groq1(), options);
}

/// Multiply-accumulates that the model asks for at each token, attention over half the context.
double model_macs(const graph::Model& model, std::int64_t context) {
  double macs = 0.0;
  for (const graph::OpNode& n : graph::build_decode_graph(model).nodes) {
    if (n.kind == graph::OpKind::kMatMul) {
      macs += static_cast<double>(n.matrix->rows) * static_cast<double>(n.matrix->cols);
    }
  }
  const graph::ModelConfig& c = model.config;
  return macs + static_cast<double>(c.layers * c.heads * c.head_dim * context);
}

std::int32_t token(std::int64_t position, std::int64_t vocab) {
  return static_cast<std::int32_t>(position * 7 % vocab);
}

/// Seconds that `steps` tokens take, after two that warm the host up.
template <typename Step>
double seconds_of(int steps, Step step) {
  step(0);
  step(1);
  const Clock::time_point start = Clock::now();
  for (int i = 2; i < steps + 2; ++i) step(i);
  return seconds_since(start);
}

double on_chip(runtime::LpuDevice& device, int steps) {
  return seconds_of(steps, [&](int i) {
    if (i % device.context() == 0) device.reset();
    device.step(token(i, device.vocab()));
  });
}

}  // namespace

SpeedRow decode_110m() {
  constexpr int kSteps = 60;
  const graph::Model model = runtime::load_model("shape:llama-110m");
  const lpu::Image image = compiled(model, ops::Precision::kInt8, kContext);
  runtime::LpuDevice device(image);
  NativeDecode native(model, kContext);
  const double macs = model_macs(model, kContext) * kSteps;
  const double native_seconds =
      seconds_of(kSteps, [&](int i) { native.step(token(i, device.vocab())); });
  const std::int64_t before = device.macs();
  const double seconds = on_chip(device, kSteps);
  const double chip = static_cast<double>(device.macs() - before) * kSteps / (kSteps + 2);
  return {"decode-110m",
          "MAC",
          {macs, seconds},
          Beside{"int8 decode in plain C++", {macs, native_seconds}},
          fmt::format("{:.1f} ms a token; the chip's planes do {:.2f} times the model's "
                      "multiply-accumulates, {:.2f} G/s of them",
                      seconds / kSteps * 1e3, chip / macs, chip / seconds / 1e9)};
}

SpeedRow decode_260k() {
  constexpr int kSteps = 1000;
  constexpr std::int64_t kWhole = 256;
  const graph::Model model = runtime::load_model("shape:llama-260k");
  const lpu::Image image = compiled(model, ops::Precision::kFp16, kWhole);
  runtime::LpuDevice device(image);
  return {"decode-260k",
          "tokens",
          {kSteps, on_chip(device, kSteps)},
          std::nullopt,
          fmt::format("contexts of {} positions, one after the other", kWhole)};
}

SpeedRow gpu_layers() {
  const graph::Model model =
      runtime::synthetic_model({"llama1b-two-layers", 2048, 2, 32, 8, 64, 8192, 1024, kContext});
  runtime::GpuDevice device(model, gpu::gpu_preset("h100"), gpu::LaunchMode::kGraph, kContext);
  device.step(0);
  const auto before = device.instructions_issued();
  const Clock::time_point start = Clock::now();
  device.step(1);
  const double seconds = seconds_since(start);
  return {"gpu-decode",
          "warp instr.",
          {static_cast<double>(device.instructions_issued() - before), seconds},
          std::nullopt,
          ""};
}

SpeedRow first_token() {
  const std::string image =
      (std::filesystem::temp_directory_path() / fmt::format("metronome_speed_{}.mtm", ::getpid()))
          .string();
  const auto done = [](const std::string& words) {
    const std::string command = METRONOME_BINARY " " + words + " > /dev/null 2>&1";
    if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
  };
  done("compile " METRONOME_SOURCE_DIR "/programs/shipped_model/metronome-stories.gguf -o " +
       image);
  const Clock::time_point start = Clock::now();
  done("run " + image + " --prompt Once --tokens 1 -q");
  const double seconds = seconds_since(start);
  std::filesystem::remove(image);
  return {
      "first-token",
      "tokens",
      {1.0, seconds},
      std::nullopt,
      "metronome run IMAGE --prompt Once --tokens 1, process start and two fed tokens included"};
}

}  // namespace metronome::bench
