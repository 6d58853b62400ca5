// SPDX-License-Identifier: Apache-2.0
#include "compiler/gpu/lower.h"

#include <fmt/core.h>

#include <algorithm>

#include "compiler/gpu/token_kernels.h"
#include "compiler/gpu/token_phases.h"
#include "compiler/graph/graph.h"
#include "compiler/graph/supported.h"
#include "hw/isa/error.h"

namespace metronome::gpu {
namespace {

using graph::Model;
using graph::OpKind;

constexpr int kWarpsPerSm = 32;  // enough loads in flight; more CTAs would only stage more
constexpr int kPersistentWarps = 16;

/// CTAs of `kernel` that an SM of `spec` holds together.
std::int64_t resident_ctas(const Kernel& kernel, const GpuSpec& spec) {
  const std::int64_t registers =
      std::int64_t{(kernel.registers + 7) / 8 * 8} * kWarpLanes * kernel.warps();
  std::int64_t ctas = std::min(spec.ctas_per_sm, spec.warps_per_sm / kernel.warps());
  if (registers > 0) ctas = std::min(ctas, spec.registers_per_sm / registers);
  if (kernel.shared_bytes > 0) ctas = std::min(ctas, spec.shared_bytes / kernel.shared_bytes);
  return ctas;
}

void require_supported(const Model& model, std::int64_t context) {
  const graph::ModelConfig& c = model.config;
  const auto refuse = [&](const std::string& what) {
    throw UserError(fmt::format("{}: {}", model.source, what));
  };
  if (c.head_dim < 2 || c.head_dim % 2 != 0 || c.head_dim > kMostHeadDim) {
    refuse(fmt::format("head_dim: found {}, the GPU's kernels take even numbers up to {}",
                       c.head_dim, kMostHeadDim));
  }
  if (c.heads < 1 || c.kv_heads < 1 || c.heads % c.kv_heads != 0) {
    refuse(
        fmt::format("kv_heads: found {}, expected a divisor of the {} heads", c.kv_heads, c.heads));
  }
  if (context < 1) refuse(fmt::format("context: found {}, expected at least 1", context));
}

constexpr OpKind kKinds[] = {OpKind::kEmbed,  OpKind::kRmsNorm,   OpKind::kMatMul, OpKind::kRope,
                             OpKind::kAppend, OpKind::kAttention, OpKind::kGate,   OpKind::kAdd};
constexpr graph::Activation kActivations[] = {graph::Activation::kSilu,
                                              graph::Activation::kGeluTanh};

std::int64_t weight_macs(const graph::Graph& graph) {
  std::int64_t macs = 0;
  for (const graph::OpNode& n : graph.nodes) {
    if (n.kind == graph::OpKind::kMatMul) macs += n.matrix->rows * n.matrix->cols;
  }
  return macs;
}

class Lowering {
 public:
  Lowering(const Model& model, const GpuSpec& spec, TokenForm form, std::int64_t context)
      : spec_(spec) {
    const graph::ModelConfig& c = model.config;
    program_.attention = {c.heads, c.kv_heads, c.head_dim, context,
                          attention_chunk(c.heads, context, spec)};
    program_.layers = c.layers;
    buffers_ = plan_buffers(model, program_);
    phases_ = token_phases(model, program_, buffers_, spec, form);
    if (form == TokenForm::kPersistent) {
      add_persistent();
    } else {
      add_kernels();
    }
  }

  GpuProgram take() { return std::move(program_); }

 private:
  /// A kernel of its own, with fewer warps where an SM has not enough registers.
  Kernel build(const TokenPhase& phase, std::vector<Binding::Bound>& bound) const {
    for (int warps = phase.warps;; warps /= 2) {
      KernelBuilder k(phase.name, warps * kWarpLanes);
      Binding binding(k, program_);
      phase.emit(k, binding, CacheUse::kAll);
      Kernel kernel = k.finish(spec_);
      if (warps > 1 && resident_ctas(kernel, spec_) == 0) continue;
      validate(kernel, spec_);
      bound = binding.bound();
      return kernel;
    }
  }

  /// Grids of kernels that put a vector into shared memory are as large as the GPU, not as the
  /// work.
  std::int64_t ctas_of(const TokenPhase& phase, const Kernel& kernel) const {
    if (phase.times_splits) return phase.items;
    const std::int64_t warps = kernel.warps();
    const std::int64_t items = (phase.items * phase.warps + warps - 1) / warps;
    const std::int64_t enough = std::max<std::int64_t>(1, kWarpsPerSm / warps);
    return std::min(items, spec_.sm_count * std::min(enough, resident_ctas(kernel, spec_)));
  }

  std::vector<Argument> arguments(int kernel, std::int64_t layer) const {
    std::vector<Argument> result;
    for (const Binding::Bound& b : bound_[static_cast<std::size_t>(kernel)]) {
      result.push_back({b.buffer, b.of_layer ? layer * layer_stride(program_, b.buffer) : 0});
    }
    return result;
  }

  int add_kernel(const TokenPhase& phase) {
    bound_.emplace_back();
    program_.kernels.push_back(build(phase, bound_.back()));
    return static_cast<int>(program_.kernels.size()) - 1;
  }

  void add_step(const TokenPhase& phase, int kernel, std::int64_t layer) {
    const std::string name = layer < 0 ? phase.name : fmt::format("blk.{}.{}", layer, phase.name);
    program_.steps.push_back({kernel, name,
                              ctas_of(phase, program_.kernels[static_cast<std::size_t>(kernel)]),
                              phase.times_splits, phase.use, arguments(kernel, layer)});
  }

  void add_kernels() {
    add_step(phases_.embed, add_kernel(phases_.embed), -1);
    std::vector<int> kernels;
    for (const TokenPhase& phase : phases_.layer) kernels.push_back(add_kernel(phase));
    for (std::int64_t l = 0; l < program_.layers; ++l) {
      for (std::size_t p = 0; p < kernels.size(); ++p) add_step(phases_.layer[p], kernels[p], l);
    }
    add_step(phases_.head, add_kernel(phases_.head), -1);
  }

  void add_persistent() {
    for (int warps = std::min<int>(kPersistentWarps, static_cast<int>(spec_.warps_per_sm));;
         warps /= 2) {
      KernelBuilder k("token", warps * kWarpLanes);
      Binding binding(k, program_);
      emit_persistent(k, binding);
      Kernel kernel = k.finish(spec_);
      if (warps > 1 && resident_ctas(kernel, spec_) == 0) continue;
      validate(kernel, spec_);
      bound_.push_back(binding.bound());
      program_.kernels.push_back(std::move(kernel));
      break;
    }
    program_.steps.push_back(
        {0, "token", spec_.sm_count, false, StepUse::kAlways, arguments(0, -1)});
  }

  void emit_persistent(KernelBuilder& k, Binding& binding) const {
    const Pointer arrivals = binding.whole(buffers_.mailbox) + Mailbox::kArrivals;
    const Value target = k.mov(0);
    binding.position();
    phases_.embed.emit(k, binding, CacheUse::kL2);
    emit_grid_barrier(k, arrivals, target);
    k.for_each(0, static_cast<int>(program_.layers), 1, [&](Value layer) {
      binding.go_to_layer(layer);
      for (const TokenPhase& phase : phases_.layer) {
        phase.emit(k, binding, CacheUse::kL2);
        emit_grid_barrier(k, arrivals, target);
      }
      binding.go_to_layer({});
    });
    phases_.head.emit(k, binding, CacheUse::kL2);
  }

  const GpuSpec& spec_;
  GpuProgram program_;
  ModelBuffers buffers_{};
  TokenPhases phases_;
  std::vector<std::vector<Binding::Bound>> bound_;  // by kernel and parameter
};

}  // namespace

GpuProgram lower_decode(const Model& model, const GpuSpec& spec, TokenForm form,
                        std::int64_t context) {
  require_supported(model, context);
  const graph::Graph graph = graph::build_decode_graph(model);
  graph::require_supported(graph, {"the GPU", kKinds, kActivations});
  GpuProgram program = Lowering(model, spec, form, context).take();
  program.weight_macs = weight_macs(graph);
  return program;
}

}  // namespace metronome::gpu
