// SPDX-License-Identifier: Apache-2.0
#include "compiler/gpu/token_phases.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "compiler/gpu/gemv.h"
#include "compiler/gpu/token_kernels.h"

namespace metronome::gpu {
namespace {

constexpr int kSmallWarps = 4;  // of a CTA with little to do
constexpr int kMostWarps = 16;

/// Buffers of one matrix times vector; -1 where there is none.
struct GemvBuffers {
  int weights = -1;
  bool of_layer = true;  // weights, norm and bias
  int vector = -1;
  int norm = -1;
  int bias = -1;
  int residual = -1;
  int result = -1;
};

int most_warps(const GpuSpec& spec) {
  const auto half = static_cast<std::uint64_t>(std::max<std::int64_t>(1, spec.warps_per_sm / 2));
  return std::min(kMostWarps, static_cast<int>(std::bit_floor(half)));
}

/// Smaller CTAs where large ones would leave most SMs without any.
int gemv_warps(const GemvShape& shape, const GpuSpec& spec) {
  int warps = most_warps(spec);
  while (warps > kSmallWarps &&
         gemv_items(shape, gemv_tiling(shape, warps, spec), warps) <= spec.sm_count / 2) {
    warps /= 2;
  }
  return warps;
}

class PhaseMaker {
 public:
  PhaseMaker(const graph::Model& model, const GpuProgram& program, const ModelBuffers& buffers,
             const GpuSpec& spec, TokenForm form)
      : c_(model.config),
        a_(program.attention),
        b_(buffers),
        spec_(spec),
        form_(form),
        sizes_(model_sizes(c_, a_)) {}

  TokenPhases make() const {
    TokenPhases phases;
    phases.embed = embed();
    phases.layer = {qkv(), rope()};
    add_attention(phases.layer);
    phases.layer.push_back(output());
    phases.layer.push_back(gate_up());
    phases.layer.push_back(down());
    phases.head = head();
    return phases;
  }

 private:
  int small_warps() const { return std::min(kSmallWarps, most_warps(spec_)); }

  TokenPhase gemv(std::string name, const GemvShape& shape, const GemvBuffers& b) const {
    TokenPhase phase;
    phase.name = std::move(name);
    phase.warps = gemv_warps(shape, spec_);
    phase.items = gemv_items(shape, gemv_tiling(shape, phase.warps, spec_), phase.warps);
    const GpuSpec spec = spec_;
    phase.emit = [shape, b, spec](KernelBuilder& k, Binding& bind, CacheUse activations) {
      const auto constant = [&](int buffer) {
        if (buffer < 0) return Pointer{};
        return b.of_layer ? bind.of_layer(buffer) : bind.whole(buffer);
      };
      GemvPointers at;
      at.weights = constant(b.weights);
      at.vector = bind.whole(b.vector);
      at.norm = constant(b.norm);
      at.bias = constant(b.bias);
      if (b.residual >= 0) at.residual = bind.whole(b.residual);
      at.result = bind.whole(b.result);
      emit_gemv(k, shape, gemv_tiling(shape, k.warps(), spec), at, activations);
    };
    return phase;
  }

  TokenPhase embed() const {
    const EmbedShape shape{sizes_.width, c_.embedding_scale};
    TokenPhase phase;
    phase.name = "token_embd";
    phase.warps = 1;
    phase.items = embed_items(shape, kWarpLanes);
    const ModelBuffers b = b_;
    phase.emit = [shape, b](KernelBuilder& k, Binding& bind, CacheUse) {
      const Value token = k.load(1, bind.whole(b.mailbox) + Mailbox::kToken, {}, CacheUse::kL2);
      emit_embed(k, shape, bind.whole(b.table), bind.whole(b.stream), token);
    };
    return phase;
  }

  TokenPhase qkv() const {
    const GemvShape shape{.rows = sizes_.qkv_rows,
                          .cols = sizes_.width,
                          .normed = c_.width,
                          .epsilon = c_.rms_eps,
                          .bias = b_.qkv_bias >= 0};
    return gemv("attn_qkv", shape,
                {.weights = b_.qkv_weights,
                 .vector = b_.stream,
                 .norm = b_.attention_norm,
                 .bias = b_.qkv_bias,
                 .result = b_.qkv});
  }

  TokenPhase rope() const {
    TokenPhase phase;
    phase.name = "rope";
    phase.warps = 1;
    phase.items = rope_items(a_, 1);
    const ModelBuffers b = b_;
    const AttentionShape shape = a_;
    const auto scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(a_.head_dim)));
    phase.emit = [b, shape, scale](KernelBuilder& k, Binding& bind, CacheUse activations) {
      RopePointers at;
      at.input = bind.whole(b.qkv);
      at.angles = bind.whole(b.angles);
      at.query = bind.whole(b.query);
      at.keys = bind.of_layer(b.keys);
      at.values = bind.of_layer(b.values);
      emit_rope(k, shape, at, scale, bind.position(), activations);
    };
    return phase;
  }

  static AttentionPointers attention_pointers(const ModelBuffers& b, Binding& bind, bool split) {
    AttentionPointers at;
    at.query = bind.whole(b.query);
    at.keys = bind.of_layer(b.keys);
    at.values = bind.of_layer(b.values);
    at.result = bind.whole(b.attended);
    if (split) at.partial = bind.whole(b.partial);
    if (split) at.weights = bind.whole(b.split_weights);
    return at;
  }

  TokenPhase attention(bool split) const {
    TokenPhase phase;
    phase.name = "attn";
    phase.warps = small_warps();
    phase.items = a_.heads;
    phase.times_splits = split;
    phase.use = split ? StepUse::kManySplits : StepUse::kOneSplit;
    const ModelBuffers b = b_;
    const AttentionShape shape = a_;
    const GpuSpec spec = spec_;
    phase.emit = [b, shape, spec, split](KernelBuilder& k, Binding& bind, CacheUse activations) {
      emit_attention(k, spec, shape, attention_pointers(b, bind, split), bind.position(), split,
                     activations);
    };
    return phase;
  }

  TokenPhase reduce() const {
    TokenPhase phase;
    phase.name = "attn_reduce";
    phase.warps = 1;
    phase.items = a_.heads;
    phase.use = StepUse::kManySplits;
    const ModelBuffers b = b_;
    const AttentionShape shape = a_;
    phase.emit = [b, shape](KernelBuilder& k, Binding& bind, CacheUse activations) {
      AttentionPointers at;
      at.partial = bind.whole(b.partial);
      at.weights = bind.whole(b.split_weights);
      at.result = bind.whole(b.attended);
      emit_attention_reduce(k, shape, at, bind.position(), activations);
    };
    return phase;
  }

  void add_attention(std::vector<TokenPhase>& phases) const {
    const bool split = a_.most_splits() > 1;
    if (!split || form_ == TokenForm::kKernels) phases.push_back(attention(false));
    if (split) phases.push_back(attention(true));
    if (split) phases.push_back(reduce());
  }

  TokenPhase output() const {
    const GemvShape shape{
        .rows = c_.width, .cols = sizes_.attended, .bias = b_.output_bias >= 0, .residual = true};
    return gemv("attn_output", shape,
                {.weights = b_.output_weights,
                 .vector = b_.attended,
                 .bias = b_.output_bias,
                 .residual = b_.stream,
                 .result = b_.stream});
  }

  TokenPhase gate_up() const {
    const GemvShape shape{.rows = c_.ffn,
                          .cols = sizes_.width,
                          .gated = true,
                          .gelu = c_.activation == graph::Activation::kGeluTanh,
                          .normed = c_.width,
                          .epsilon = c_.rms_eps,
                          .bias = b_.gate_up_bias >= 0};
    return gemv("ffn_gate_up", shape,
                {.weights = b_.gate_up_weights,
                 .vector = b_.stream,
                 .norm = b_.ffn_norm,
                 .bias = b_.gate_up_bias,
                 .result = b_.gated});
  }

  TokenPhase down() const {
    const GemvShape shape{
        .rows = c_.width, .cols = sizes_.ffn, .bias = b_.down_bias >= 0, .residual = true};
    return gemv("ffn_down", shape,
                {.weights = b_.down_weights,
                 .vector = b_.gated,
                 .bias = b_.down_bias,
                 .residual = b_.stream,
                 .result = b_.stream});
  }

  TokenPhase head() const {
    const GemvShape shape{
        .rows = c_.vocab, .cols = sizes_.width, .normed = c_.width, .epsilon = c_.rms_eps};
    return gemv("output", shape,
                {.weights = b_.head,
                 .of_layer = false,
                 .vector = b_.stream,
                 .norm = b_.final_norm,
                 .result = b_.logits});
  }

  const graph::ModelConfig& c_;
  const AttentionShape& a_;
  const ModelBuffers& b_;
  const GpuSpec& spec_;
  TokenForm form_;
  ModelSizes sizes_;
};

}  // namespace

Parameter Binding::parameter(int buffer, bool of_layer) {
  for (std::size_t p = 0; p < bound_.size(); ++p) {
    if (bound_[p].buffer == buffer && bound_[p].of_layer == of_layer) return {static_cast<int>(p)};
  }
  bound_.push_back({buffer, of_layer});
  return k_.parameter();
}

Pointer Binding::of_layer(int buffer) {
  if (layer_.none()) return {parameter(buffer, true), {}, 0};
  return {parameter(buffer, false), k_.imad(layer_, layer_stride(program_, buffer)), 0};
}

Value Binding::position() {
  if (!position_.none()) return position_;
  const int mailbox = program_.mailbox;
  position_ = k_.load(1, whole(mailbox) + Mailbox::kPosition, {}, CacheUse::kL2);
  return position_;
}

TokenPhases token_phases(const graph::Model& model, const GpuProgram& program,
                         const ModelBuffers& buffers, const GpuSpec& spec, TokenForm form) {
  return PhaseMaker(model, program, buffers, spec, form).make();
}

}  // namespace metronome::gpu
