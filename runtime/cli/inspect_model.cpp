// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <filesystem>
#include <map>

#include "compiler/graph/supported.h"
#include "compiler/lpu/layout.h"
#include "runtime/cli/image_facts.h"
#include "runtime/cli/inspect.h"
#include "runtime/cli/numbers.h"
#include "runtime/model_files/gguf.h"
#include "runtime/model_files/load_model.h"
#include "runtime/model_files/safetensors.h"
#include "runtime/model_files/shape_model.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::cli {
namespace {

namespace fs = std::filesystem;

/// The tensors that the file lists; a llama2.c checkpoint lists none.
std::vector<runtime::TensorInfo> stored_tensors(const fs::path& path) {
  if (runtime::folder_exists(path)) {
    const fs::path whole = path / "model.safetensors";
    if (runtime::file_exists(whole)) return runtime::read_safetensors(whole);
    return runtime::read_sharded_safetensors(path / "model.safetensors.index.json");
  }
  if (!runtime::map_file(path)->text().starts_with("GGUF")) return {};
  return runtime::GgufFile(path).tensors();
}

std::string tensors_text(const fs::path& path) {
  if (runtime::is_shape(path)) return labelled("tensors", "none stored, rows are made when read");
  const std::vector<runtime::TensorInfo> tensors = stored_tensors(path);
  if (tensors.empty()) return labelled("tensors", "fp32 in the fixed order of llama2.c");
  std::map<std::string, std::int64_t> types;
  std::int64_t bytes = 0;
  for (const runtime::TensorInfo& tensor : tensors) {
    ++types[tensor.type_name];
    bytes += static_cast<std::int64_t>(tensor.bytes);
  }
  std::string text;
  for (const auto& [type, count] : types) {
    text += fmt::format(", {} {}", count, runtime::printable(type));
  }
  return labelled("tensors", fmt::format("{}{}, {}", tensors.size(), text, bytes_text(bytes)));
}

std::int64_t parameter_count(const graph::Graph& graph) {
  std::map<const void*, std::int64_t> sizes;  // each once, a tied head too
  for (const graph::OpNode& node : graph.nodes) {
    if (node.matrix != nullptr) sizes[node.matrix] = node.matrix->rows * node.matrix->cols;
    for (const graph::Vector* vector : {node.vector, node.offset}) {
      if (vector != nullptr) sizes[vector] = static_cast<std::int64_t>(vector->values.size());
    }
  }
  std::int64_t sum = 0;
  for (const auto& [parameter, size] : sizes) sum += size;
  return sum;
}

std::string scaling_text(const graph::Rope& rope) {
  switch (rope.scaling) {
    case graph::RopeScaling::kNone:
      return "";
    case graph::RopeScaling::kLinear:
      return fmt::format(", linear scaling by {:g}", rope.factor);
    case graph::RopeScaling::kLlama3:
      return fmt::format(", llama3 scaling by {:g}", rope.factor);
  }
  return "";
}

std::string norm_text(const graph::ModelConfig& c) {
  return fmt::format("{} {} each part of a layer",
                     c.norm == graph::NormKind::kRms ? "RMSNorm" : "LayerNorm",
                     c.norm_placement == graph::NormPlacement::kBefore ? "before" : "after");
}

std::string position_text(const graph::ModelConfig& c) {
  if (c.position == graph::PositionKind::kLearned) return "learned";
  return fmt::format("RoPE base {:g}{}", c.rope.base, scaling_text(c.rope));
}

const char* head_text(const graph::ModelConfig& c) {
  if (c.is_encoder()) return "no head, an encoder";
  return c.tied_head ? "the head is the embedding" : "the head has weights of its own";
}

std::string config_text(const graph::ModelConfig& c) {
  std::string text =
      labelled("layers", fmt::format("{}, width {}, feed-forward {} with {}", c.layers, c.width,
                                     c.ffn, graph::name(c.activation)));
  text += labelled("attention", fmt::format("{} of {} values, {} for keys and values",
                                            counted(c.heads, "head"), c.head_dim, c.kv_heads));
  text += labelled("norms", norm_text(c));
  text += labelled("positions", fmt::format("{}, {}", grouped(c.context), position_text(c)));
  text += labelled("vocabulary", fmt::format("{}, {}", counted(c.vocab, "token"), head_text(c)));
  return text;
}

const char* tokenizer_kind(runtime::TokenizerKind kind) {
  switch (kind) {
    case runtime::TokenizerKind::kScores:
      return "pairs by score, byte fallback";
    case runtime::TokenizerKind::kMerges:
      return "merges by rank, byte fallback";
    case runtime::TokenizerKind::kByteLevel:
      return "merges by rank over bytes";
  }
  return "";
}

/// What the model takes on each preset chip in each precision, with the compiler's own placement.
std::string fit_text(const graph::Model& model, const graph::Graph& graph, std::int64_t context) {
  std::vector<std::vector<std::string>> rows;
  std::string reasons;
  for (const lpu::ChipSpec& chip : lpu::chip_presets()) {
    for (const ops::Precision precision : ops::kPrecisions) {
      const std::string word(ops::to_string(precision));
      try {
        compiler::Layout layout(graph, chip, precision, context);
        const SramUse use = sram_use(layout.plan().tensors(), chip);
        rows.push_back(
            {chip.name, word, "yes", bytes_text(use.total()),
             percent_text(static_cast<double>(use.total()), static_cast<double>(chip.sram_bytes())),
             bytes_text(use.constants), bytes_text(use.cache), bytes_text(use.working)});
      } catch (const UserError& error) {
        rows.push_back({chip.name, word, "no", "", "", "", "", ""});
        std::string reason = error.what();
        if (reason.starts_with(model.source + ": ")) reason.erase(0, model.source.size() + 2);
        reasons += fmt::format("{} in {}: {}\n{}", chip.name, word, reason, error.table());
      }
    }
  }
  return fmt::format("With {}:\n", counted(context, "position")) +
         table({"chip", "in", "fits", ">SRAM", ">of it", ">weights, tables", ">cache",
                ">working set"},
               rows, 0) +
         reasons;
}

}  // namespace

std::string inspect_model(const std::string& path, const std::string& tokenizer,
                          std::int64_t context) {
  std::optional<fs::path> other;
  if (!tokenizer.empty()) other = tokenizer;
  const runtime::LoadedModel loaded = runtime::load(path, other);
  const graph::Model& model = loaded.model;
  const std::int64_t most = model.config.context;
  if (context > most) {
    runtime::refuse(path, "context",
                    fmt::format("found {}, the model allows 1 to {}", context, most));
  }
  const graph::Graph graph = graph::build_graph(model);
  std::string text = labelled("model", fmt::format("{}, {}", path, model.config.architecture));
  text += config_text(model.config);
  text += labelled("parameters", grouped(parameter_count(graph)));
  text += tensors_text(path);
  const auto* words = loaded.tokenizer.get();
  text += labelled("tokenizer", words == nullptr
                                    ? "none"
                                    : fmt::format("{}, {}", counted(words->size(), "token"),
                                                  tokenizer_kind(words->data().kind)));
  for (const std::string& note : model.notes) text += labelled("note", note);
  return text + "\n" + fit_text(model, graph, context == 0 ? most : context);
}

}  // namespace metronome::cli
