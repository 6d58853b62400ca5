// SPDX-License-Identifier: Apache-2.0
#include "runtime/devices/gpu_device.h"

#include <fmt/core.h>

#include <cstring>

#include "compiler/gpu/lower.h"
#include "hw/isa/error.h"
#include "runtime/devices/token_check.h"

namespace metronome::runtime {
namespace {

/// Beside the buffers: what lies between them.
constexpr std::int64_t kSpareBytes = std::int64_t{16} << 20;

gpu::TokenForm form_of(gpu::LaunchMode mode) {
  return mode == gpu::LaunchMode::kPersistent ? gpu::TokenForm::kPersistent
                                              : gpu::TokenForm::kKernels;
}

std::int64_t buffer_bytes(const gpu::GpuProgram& program) {
  std::int64_t bytes = 0;
  for (const gpu::ProgramBuffer& buffer : program.buffers) bytes += buffer.bytes;
  return bytes;
}

}  // namespace

struct GpuDevice::Program {
  gpu::GpuProgram code;
  std::vector<gpu::Address> buffers;  // by buffer
  std::vector<gpu::Launch> launches;  // by step
};

GpuDevice::GpuDevice(const graph::Model& model, const gpu::GpuSpec& spec, gpu::LaunchMode mode,
                     std::int64_t context)
    : model_(model), mode_(mode), context_(context), program_(std::make_unique<Program>()) {
  program_->code = gpu::lower_decode(model, spec, form_of(mode), context);
  const std::int64_t bytes = buffer_bytes(program_->code) + kSpareBytes;
  if (bytes > spec.dram_bytes) {
    throw UserError(fmt::format("{}: gpu {}: needs {} bytes of memory, the GPU has {}",
                                model.source, spec.name, bytes, spec.dram_bytes));
  }
  own_gpu_ = std::make_unique<gpu::Gpu>("gpu", spec, bytes);
  gpu_ = own_gpu_.get();
  load();
}

GpuDevice::GpuDevice(const graph::Model& model, gpu::Gpu& gpu, gpu::LaunchMode mode,
                     std::int64_t context)
    : model_(model),
      mode_(mode),
      context_(context),
      program_(std::make_unique<Program>()),
      gpu_(&gpu) {
  program_->code = gpu::lower_decode(model, gpu.spec(), form_of(mode), context);
  load();
}

void GpuDevice::load() {
  Program& p = *program_;
  for (const gpu::ProgramBuffer& buffer : p.code.buffers) {
    const gpu::Address at = gpu_->memory().allocate(buffer.name, buffer.bytes);
    if (buffer.fill) buffer.fill(gpu_->memory().view<std::uint8_t>(at, buffer.bytes));
    p.buffers.push_back(at);
  }
  for (const gpu::ProgramStep& step : p.code.steps) {
    gpu::Launch launch;
    launch.kernel = &p.code.kernels[static_cast<std::size_t>(step.kernel)];
    launch.name = step.name;
    for (const gpu::Argument& argument : step.arguments) {
      launch.parameters.push_back(p.buffers[static_cast<std::size_t>(argument.buffer)] +
                                  static_cast<gpu::Address>(argument.offset));
    }
    p.launches.push_back(std::move(launch));
  }
}

GpuDevice::~GpuDevice() = default;

std::string GpuDevice::name() const { return "gpu:" + gpu_->spec().name; }

std::int64_t GpuDevice::vocab() const { return model_.config.vocab; }

std::int64_t GpuDevice::instructions_issued() const { return gpu_->instructions_issued(); }

hw::Counters GpuDevice::counters() const { return gpu_->counters(); }

void GpuDevice::reset() {
  position_ = 0;
  for (const int cache : {program_->code.keys, program_->code.values}) {
    const auto at = static_cast<std::size_t>(cache);
    const auto bytes =
        gpu_->memory().view<std::uint8_t>(program_->buffers[at], program_->code.buffers[at].bytes);
    std::memset(bytes.data(), 0, bytes.size());
  }
}

void GpuDevice::reset(const gpu::Conditions& conditions) {
  gpu_->reset(conditions);
  reset();
}

void GpuDevice::go_back(std::int64_t position) {
  check(position >= 0 && position <= position_, name(), gpu_->now(),
        fmt::format("position {} lies ahead of {}", position, position_));
  position_ = position;
}

TokenResult GpuDevice::step(std::int32_t token) {
  require_token(model_, position_, context_, token);
  Program& p = *program_;
  const gpu::Address mailbox = p.buffers[static_cast<std::size_t>(p.code.mailbox)];
  const auto post = [&](std::int64_t offset, std::int32_t value) {
    gpu_->memory().view<std::int32_t>(mailbox + static_cast<gpu::Address>(offset), 1)[0] = value;
  };
  post(gpu::Mailbox::kToken, token);
  post(gpu::Mailbox::kPosition, static_cast<std::int32_t>(position_));
  post(gpu::Mailbox::kArrivals, 0);
  std::vector<gpu::Launch> launches;
  for (const gpu::ProgramLaunch& launch : p.code.launches(position_)) {
    launches.push_back(p.launches[static_cast<std::size_t>(launch.step)]);
    launches.back().ctas = launch.ctas;
  }
  timing_ = gpu_->run(launches, mode_);
  macs_ += p.code.macs(position_);
  TokenResult result;
  result.position = position_++;
  result.simulated_cycles = timing_.cycles();
  const auto logits =
      gpu_->memory().view<float>(p.buffers[static_cast<std::size_t>(p.code.logits)], vocab());
  logits_.assign(logits.begin(), logits.end());
  result.logits = logits_;
  return result;
}

}  // namespace metronome::runtime
