// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

#include "runtime/cli/image_facts.h"
#include "runtime/cli/inspect.h"
#include "runtime/cli/numbers.h"
#include "runtime/cli/subject.h"

namespace metronome::cli {
namespace {

constexpr std::size_t kShownTensors = 16;

const char* kind_name(lpu::TensorKind kind) {
  switch (kind) {
    case lpu::TensorKind::kConstant:
      return "constant";
    case lpu::TensorKind::kState:
      return "state";
    case lpu::TensorKind::kScratch:
      return "scratch";
    case lpu::TensorKind::kInput:
      return "input";
    case lpu::TensorKind::kOutput:
      return "output";
  }
  return "";
}

/// `mem_w 0-15`, or `mem_e 4,7` where they are not in a row.
std::string slices_text(const lpu::MemoryTensor& t) {
  std::vector<std::uint16_t> slices = t.slices;
  std::ranges::sort(slices);
  const char* side = t.hemisphere == lpu::Hemisphere::kEast ? "mem_e" : "mem_w";
  if (slices.size() == 1) return fmt::format("{} {}", side, slices[0]);
  if (slices.back() - slices.front() + 1 == static_cast<int>(slices.size())) {
    return fmt::format("{} {}-{}", side, slices.front(), slices.back());
  }
  std::string list;
  for (const std::uint16_t slice : slices)
    list += fmt::format("{}{}", list.empty() ? "" : ",", slice);
  return fmt::format("{} {}", side, list);
}

std::string tensors_text(const lpu::Image& image, bool all) {
  std::vector<const lpu::MemoryTensor*> tensors;
  for (const lpu::MemoryTensor& t : image.tensors) tensors.push_back(&t);
  std::ranges::stable_sort(tensors, [&](const auto* a, const auto* b) {
    return sram_bytes(*a, image.chip) > sram_bytes(*b, image.chip);
  });
  const std::size_t shown = all ? tensors.size() : std::min(kShownTensors, tensors.size());
  std::vector<std::vector<std::string>> rows;
  for (const lpu::MemoryTensor* t : std::span(tensors).first(shown)) {
    rows.push_back({t->name, kind_name(t->kind), grouped(t->rows), grouped(t->lanes),
                    fmt::format("{}", t->width), slices_text(*t),
                    fmt::format("{}-{}", t->address, t->address + std::max(1, t->addresses()) - 1),
                    bytes_text(sram_bytes(*t, image.chip))});
  }
  std::string text = table(
      {"tensor", "kind", ">rows", ">lanes", ">width", "slices", "addresses", ">SRAM"}, rows, 0);
  if (shown < tensors.size()) {
    text += fmt::format("and {} smaller ones, which --all shows\n", tensors.size() - shown);
  }
  return text;
}

std::string programs_text(const lpu::Image& image) {
  std::vector<std::vector<std::string>> rows;
  for (const lpu::Program& p : image.programs) {
    const std::int64_t tokens = image.chip.clock_hz / std::max<std::int64_t>(1, p.predicted_cycles);
    rows.push_back({p.name, grouped(p.context), grouped(p.predicted_cycles), grouped(tokens),
                    grouped(issue_count(p)), fmt::format("{}", p.queues.size()),
                    bytes_text(text_bytes(p, image.chip))});
  }
  return table(
      {"program", ">positions", ">cycles", ">tokens/s", ">instructions", ">queues", ">text"}, rows,
      0);
}

}  // namespace

std::string inspect_image(const std::string& path, bool all) {
  const lpu::Image image = read_image(path);
  const lpu::ImageInfo& info = image.info;
  const SramUse sram = sram_use(image);
  const auto used = static_cast<double>(sram.total());
  std::error_code ignored;
  const auto size = static_cast<std::int64_t>(std::filesystem::file_size(path, ignored));
  std::string text = labelled(
      "image", fmt::format("{}, {}, version {}", path, bytes_text(size), lpu::kImageVersion));
  text += labelled("model", fmt::format("{}, {}, {}, {}", info.model, info.architecture,
                                        info.precision, counted(info.parameters, "parameter")));
  text += labelled(
      "", fmt::format("{}, width {}, vocabulary {}, context {}", counted(info.layers, "layer"),
                      info.width, grouped(info.vocab), counted(info.context, "position")));
  text +=
      labelled("tokenizer", image.tokenizer.empty()
                                ? "none"
                                : bytes_text(static_cast<std::int64_t>(image.tokenizer.size())));
  text += labelled("chip", fmt::format("{}, {}", image.chip.name, clock_text(image.chip.clock_hz)));
  text += labelled("SRAM",
                   fmt::format("{} of {} used, {}", bytes_text(sram.total()),
                               bytes_text(image.chip.sram_bytes()),
                               percent_text(used, static_cast<double>(image.chip.sram_bytes()))));
  text += labelled("", to_text(sram));
  return text + "\n" + programs_text(image) + "\n" + tensors_text(image, all);
}

}  // namespace metronome::cli
