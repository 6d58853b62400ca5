// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/named_files.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <vector>

#include "hw/isa/error.h"
#include "waveforms/trace_file.h"
#include "waveforms/trace_views.h"

namespace metronome::cli {

namespace fs = std::filesystem;

namespace {

struct NamedFile {
  fs::path path;    // as it was named
  fs::path target;  // where that leads to
  std::string by;   // "--trace"
};

using NamedFiles = std::vector<NamedFile>;

bool same(const NamedFile& a, const NamedFile& b) {
  std::error_code ignored;
  return a.target == b.target || fs::equivalent(a.target, b.target, ignored);
}

void add_input(NamedFiles& inputs, const fs::path& path, const std::string& by) {
  std::error_code error;
  const fs::path target = fs::canonical(path, error);
  if (!error && fs::is_regular_file(target, error)) inputs.push_back({path, target, by});
}

/// A model may be a folder, or have files beside it that are read as well.
void add_model(NamedFiles& inputs, const fs::path& path, const std::string& by) {
  add_input(inputs, path, by);
  std::error_code error;
  const bool one_of_many = path.extension() == ".safetensors" || path.extension() == ".json";
  const fs::path folder = one_of_many ? fs::absolute(path).parent_path() : path;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const fs::path name = entry.path().filename();
    const bool read = name == "config.json" || name == "tokenizer.json" ||
                      name == "tokenizer_config.json" || name.extension() == ".safetensors" ||
                      name == "model.safetensors.index.json";
    if (read) add_input(inputs, entry.path(), by);
  }
}

/// `list`: machines with commas between; those that are no files are passed over.
void add_machines(NamedFiles& inputs, std::string_view list, const std::string& by) {
  while (!list.empty()) {
    const std::string_view machine = list.substr(0, list.find(','));
    list.remove_prefix(std::min(machine.size() + 1, list.size()));
    const std::size_t colon = machine.find(':');
    if (colon != std::string_view::npos) add_input(inputs, machine.substr(colon + 1), by);
  }
}

NamedFiles inputs_of(const Arguments& arguments, const std::string& model) {
  NamedFiles inputs;
  if (!arguments.operand().empty()) add_model(inputs, arguments.operand(), "the operand");
  if (model != arguments.operand() && !model.empty()) add_model(inputs, model, "the model");
  if (arguments.has("tokenizer")) add_model(inputs, arguments.text("tokenizer"), "--tokenizer");
  if (arguments.has("chip")) add_input(inputs, arguments.text("chip"), "--chip");
  if (arguments.has("text")) add_input(inputs, arguments.text("text"), "--text");
  for (const char* option : {"machine", "machines"}) {
    add_machines(inputs, arguments.text(option), fmt::format("--{}", option));
  }
  return inputs;
}

/// Devices take whatever is written, by whom and how often it may be.
void add_output(NamedFiles& outputs, const fs::path& path, const std::string& by) {
  const fs::path target = waveforms::target_of(path);
  std::error_code ignored;
  const fs::file_status status = fs::status(target, ignored);
  if (fs::is_character_file(status) || fs::is_directory(status)) return;
  std::error_code error;  // as of a pipe below /dev
  const fs::path whole = fs::weakly_canonical(fs::absolute(target), error);
  outputs.push_back({path, error ? target : whole, by});
}

NamedFiles outputs_of(const Arguments& arguments) {
  NamedFiles outputs;
  for (const char* option : {"output", "json", "trace", "timeline"}) {
    const std::string path = arguments.text(option);
    if (!path.empty() && path != "-") add_output(outputs, path, fmt::format("--{}", option));
  }
  if (!arguments.has("trace")) return outputs;
  for (const fs::path& view : waveforms::view_files(arguments.text("trace"))) {
    add_output(outputs, view, "a viewer's set-up beside --trace");
  }
  return outputs;
}

}  // namespace

void require_separate_files(const Arguments& arguments, const std::string& model) {
  const NamedFiles inputs = inputs_of(arguments, model);
  const NamedFiles outputs = outputs_of(arguments);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const NamedFile& output = outputs[i];
    for (const NamedFile& input : inputs) {
      if (!same(input, output)) continue;
      throw UserError(fmt::format("{}: file: is the input that {} names, and {} would overwrite it",
                                  output.path.string(), input.by, output.by));
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (!same(outputs[j], output)) continue;
      throw UserError(fmt::format("{}: file: {} and {} would both write it; name another",
                                  output.path.string(), outputs[j].by, output.by));
    }
  }
}

}  // namespace metronome::cli
