// SPDX-License-Identifier: Apache-2.0
#include "compiler/lpu/compile.h"

#include <fmt/core.h>

#include <algorithm>

#include "compiler/graph/graph.h"
#include "compiler/lpu/check_schedule.h"
#include "compiler/lpu/layout.h"
#include "compiler/lpu/lower.h"
#include "compiler/lpu/place_text.h"
#include "compiler/lpu/placer.h"
#include "hw/isa/error.h"
#include "hw/isa/lpu/text.h"

namespace metronome::compiler {
namespace {

constexpr std::int64_t kSmallestContext = 64;
/// Times that a program is scheduled for its text before it is given up.
constexpr int kMostRounds = 12;

/// Token programs cover powers of two, then the whole context: a token uses the smallest that
/// covers its position.
std::vector<std::int64_t> program_contexts(std::int64_t context) {
  std::vector<std::int64_t> all;
  for (std::int64_t c = kSmallestContext; c < context; c *= 2) all.push_back(c);
  all.push_back(context);
  return all;
}

std::int64_t parameter_count(const graph::Graph& graph) {
  std::int64_t count = 0;
  for (const graph::OpNode& n : graph.nodes) {
    const bool tied = n.kind == graph::OpKind::kMatMul && n.matrix == &graph.model->embedding;
    if (n.matrix != nullptr && !tied) count += n.matrix->rows * n.matrix->cols;
    for (const graph::Vector* v : {n.vector, n.offset}) {
      if (v != nullptr) count += static_cast<std::int64_t>(v->values.size());
    }
  }
  return count;
}

std::int64_t chosen_context(const graph::Model& model, const CompileOptions& options) {
  if (options.context == 0) return model.config.context;
  if (options.context < 1 || options.context > model.config.context) {
    throw UserError(fmt::format("{}: context: found {}, the model allows 1 to {}", model.source,
                                options.context, model.config.context));
  }
  return options.context;
}

std::vector<lpu::HostInput> host_inputs(Layout& layout, const WeightTiles& table) {
  const Tensors& t = layout.tensors();
  const int stripes = lpu::kWeightStreams / (layout.quantised() ? 1 : 2);
  const lpu::TableShape shape{table.block_rows, table.column_blocks, stripes,
                              layout.plan().weight_banks()};
  const auto input = [](lpu::InputKind kind, TensorId tensor, lpu::TableShape s = {}) {
    return lpu::HostInput{kind, static_cast<std::uint32_t>(tensor), s};
  };
  std::vector<lpu::HostInput> inputs = {input(lpu::InputKind::kPosition, t.position_map),
                                        input(lpu::InputKind::kTokenRow, t.token_map, shape),
                                        input(lpu::InputKind::kTokenSelect, t.token_select, shape)};
  if (layout.quantised()) {
    inputs.push_back(input(lpu::InputKind::kTokenGroup, t.token_group));
    inputs.push_back(input(lpu::InputKind::kTokenLane, t.token_lane));
  }
  return inputs;
}

/// Makes the token programs of one image.
class TokenPrograms {
 public:
  TokenPrograms(const graph::Model& model, const graph::Graph& graph, Layout& layout,
                const Scheduler& scheduler)
      : model_(model),
        graph_(graph),
        layout_(layout),
        scheduler_(scheduler),
        memory_(text_memory(spec(), layout.plan().tensors())) {}

  /// Where the work leaves a queue no time to fetch its text, it is scheduled again with that time
  /// kept free.
  lpu::Program make(std::int64_t covered) {
    const std::vector<Work> works = Lowering(graph_, layout_, covered).run();
    std::vector<TextFault> faults;
    for (int round = 1; round <= kMostRounds; ++round) {
      Placer placer(spec(), layout_.plan().tensors(), layout_.plan().next_value());
      for (const TextFault& f : faults) {
        placer.leave_free(f.queue, (f.from + f.cycle) / 2, TextPauses::kept_cycles());
      }
      scheduler_.place(works, placer);
      lpu::Program program = placer.program(fmt::format("token_{}", covered), covered);
      program.outputs = placer.row_values(layout_.tensors().logits);
      const std::vector<TextFault> found =
          place_text(spec(), placer.reservations(), program, memory_, text_);
      fmt::print(stderr, "DEBUG {} round {} faults {} cycles {}\n", program.name, round, found.size(), program.predicted_cycles);
      if (found.empty()) return program;
      faults.insert(faults.end(), found.begin(), found.end());
    }
    throw UserError(fmt::format("{}: {}", model_.source, faults.back().text));
  }

  /// The tensors of all programs' text.
  std::vector<lpu::MemoryTensor>& text() { return text_; }

 private:
  const lpu::ChipSpec& spec() const { return layout_.plan().spec(); }

  const graph::Model& model_;
  const graph::Graph& graph_;
  Layout& layout_;
  const Scheduler& scheduler_;
  std::vector<SlicePair> memory_;  // what the programs made so far have left
  std::vector<lpu::MemoryTensor> text_;
};

}  // namespace

lpu::Image compile(const graph::Model& model, const lpu::ChipSpec& spec,
                   const CompileOptions& options) {
  const std::int64_t context = chosen_context(model, options);
  const graph::Graph graph = graph::build_decode_graph(model);
  Layout layout(graph, spec, options.precision, context);
  const Tensors& t = layout.tensors();

  lpu::Image image;
  image.chip = spec;
  image.tokenizer = options.tokenizer;
  image.info = {options.model_name,
                model.config.architecture,
                std::string(ops::to_string(options.precision)),
                model.config.vocab,
                context,
                model.config.width,
                model.config.layers,
                parameter_count(graph)};
  const WeightTiles& table = t.weights.at(&model.embedding);
  image.inputs = host_inputs(layout, table);
  image.logits = static_cast<std::uint32_t>(t.logits);

  TokenPrograms programs(model, graph, layout, *options.scheduler);
  for (std::int64_t covered : program_contexts(context)) {
    if (options.progress) options.progress(fmt::format("token program for {} positions", covered));
    image.programs.push_back(programs.make(covered));
  }
  layout.plan().move_to(image);
  for (lpu::MemoryTensor& text : programs.text()) image.tensors.push_back(std::move(text));
  lpu::fill_text(image);
  if (options.judge) {
    for (const lpu::Program& program : image.programs) {
      if (const auto conflict = check_schedule(image, program)) {
        throw InvariantError("the judge rejects the schedule: " + conflict->text);
      }
    }
  }
  return image;
}

}  // namespace metronome::compiler
