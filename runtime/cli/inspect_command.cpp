// SPDX-License-Identifier: Apache-2.0
#include <fstream>

#include "runtime/chip_file.h"
#include "runtime/cli/arguments.h"
#include "runtime/cli/inspect.h"
#include "runtime/cli/subject.h"
#include "runtime/cli/terminal.h"
#include "runtime/model_files/mapped_file.h"

namespace metronome::cli {
namespace {

/// A file that begins as JSON with comments does; no model file or image does.
bool is_chip_file(const std::string& path) {
  if (!runtime::file_exists(path)) return false;
  std::ifstream file(path, std::ios::binary);
  char first = '\0';
  return file >> first && (first == '{' || first == '/');
}

int inspect(const Arguments& arguments) {
  const std::string& path = arguments.operand();
  const lpu::ChipSpec preset = runtime::chip_preset(path);
  if (!preset.name.empty()) {
    put(inspect_chip(preset));
  } else if (is_image(path)) {
    put(inspect_image(path, arguments.has("all")));
  } else if (is_chip_file(path)) {
    put(inspect_chip(runtime::load_chip(path)));
  } else {
    put(inspect_model(path, arguments.text("tokenizer"), context_option(arguments)));
  }
  return kOk;
}

}  // namespace

Command inspect_command() {
  return {"inspect",
          "FILE",
          "say what is in a model, an image or a chip, and what it costs",
          "For a model: its shape, its tensors and whether it fits each chip. For an image: its "
          "programs with their cycles, and its tensors with the slices and addresses where they "
          "lie, largest first. For a chip, by the name of a preset or as a chip file: its fields, "
          "what follows from them, and how many hops each place is from the centre.",
          "  metronome inspect model.gguf\n"
          "  metronome inspect groq1",
          {{"all", "", "show every tensor of an image"},
           {"context", "N", "ask whether a model fits with N positions"},
           {"tokenizer", "FILE", "of a model that has none"}},
          inspect};
}

}  // namespace metronome::cli
