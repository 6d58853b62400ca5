// SPDX-License-Identifier: Apache-2.0
#include "compiler/lpu/compile.h"

#include <fmt/core.h>

#include <algorithm>

#include "compiler/graph/graph.h"
#include "compiler/lpu/check_schedule.h"
#include "compiler/lpu/layout.h"
#include "compiler/lpu/lower.h"
#include "compiler/lpu/placer.h"
#include "hw/isa/error.h"

namespace metronome::compiler {
namespace {

constexpr std::int64_t kSmallestContext = 64;

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

  for (std::int64_t covered : program_contexts(context)) {
    if (options.progress) options.progress(fmt::format("token program for {} positions", covered));
    const std::vector<Work> works = Lowering(graph, layout, covered).run();
    Placer placer(spec, layout.plan().tensors(), layout.plan().next_value());
    options.scheduler->place(works, placer);
    image.programs.push_back(placer.program(fmt::format("token_{}", covered), covered));
    image.programs.back().outputs = placer.row_values(t.logits);
  }
  layout.plan().move_to(image);
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
