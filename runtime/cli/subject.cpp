// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/subject.h"

#include <fmt/core.h>

#include <chrono>
#include <fstream>

#include "compiler/graph/graph.h"
#include "compiler/lpu/compile.h"
#include "compiler/ops/weight_loss.h"
#include "hw/isa/lpu/image_fields.h"
#include "runtime/chip_file.h"
#include "runtime/cli/interrupt.h"
#include "runtime/model_files/load_model.h"
#include "runtime/model_files/mapped_file.h"
#include "runtime/model_files/shape_model.h"
#include "runtime/nearest_name.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kImageMagic = "MTRNOME\n";
constexpr std::string_view kShippedName = "metronome-stories.gguf";

/// The first field in which two chips differ, with both values.
std::string difference(const lpu::ChipSpec& image, const lpu::ChipSpec& asked) {
  std::vector<std::int64_t> wanted;
  lpu::chip_fields(asked, [&](const char*, int value) { wanted.push_back(value); });
  std::string text;
  std::size_t i = 0;
  lpu::chip_fields(image, [&](const char* name, int value) {
    if (text.empty() && value != wanted[i]) {
      text = fmt::format(" ({} {} against {})", name, value, wanted[i]);
    }
    ++i;
  });
  if (text.empty() && image.clock_hz != asked.clock_hz) {
    text = fmt::format(" (clock_hz {} against {})", image.clock_hz, asked.clock_hz);
  }
  return text;
}

void require_matching_vocabulary(const std::string& source, std::int64_t tokens,
                                 std::int64_t vocab) {
  if (tokens <= vocab) return;
  runtime::refuse(source, "tokenizer",
                  fmt::format("{} tokens found, the model's vocabulary has {}", tokens, vocab));
}

}  // namespace

std::optional<fs::path> tokenizer_option(const Arguments& arguments) {
  if (!arguments.has("tokenizer")) return std::nullopt;
  return arguments.text("tokenizer");
}

bool is_image(const std::string& path) {
  if (!runtime::file_exists(path)) return false;
  std::ifstream file(path, std::ios::binary);
  std::string start(kImageMagic.size(), '\0');
  return file.read(start.data(), static_cast<std::streamsize>(start.size())) &&
         start == kImageMagic;
}

lpu::Image read_image(const std::string& path) {
  const runtime::SharedFile file = runtime::map_file(path);
  if (!file->text().starts_with(kImageMagic)) {
    runtime::refuse(file->name(), "magic",
                    "not a program image; `metronome compile MODEL -o FILE.mtm` makes one");
  }
  return lpu::deserialise(file->bytes(), file->name(), file);
}

lpu::ChipSpec chip_of(const std::string& name_or_file) {
  lpu::ChipSpec spec = runtime::chip_preset(name_or_file);
  if (!spec.name.empty()) return spec;
  if (!runtime::file_exists(name_or_file)) {
    std::vector<std::string> names;
    for (const lpu::ChipSpec& preset : lpu::chip_presets()) names.push_back(preset.name);
    throw UserError(fmt::format("--chip: found {}, expected {} or a chip file{}",
                                runtime::printable(name_or_file), runtime::chip_preset_names(),
                                runtime::suggestion(name_or_file, names)));
  }
  return runtime::load_chip(name_or_file);
}

std::string shipped_model() {
  if (runtime::file_exists(METRONOME_SHIPPED_MODEL)) return METRONOME_SHIPPED_MODEL;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const fs::path& folder : {program, program.parent_path() / "share" / "metronome"}) {
    const fs::path file = folder / kShippedName;
    if (runtime::file_exists(file)) return file.string();
  }
  throw UserError(
      fmt::format("{}: file: not found beside the program or in ../share/metronome; "
                  "name a model file instead",
                  kShippedName));
}

std::string model_name(const std::string& path) {
  if (runtime::is_shape(path)) return path.substr(path.find(':') + 1);
  fs::path whole = fs::absolute(path).lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();
  return runtime::folder_exists(whole) ? whole.filename().string() : whole.stem().string();
}

ops::Precision precision_option(const Arguments& arguments) {
  const std::string name = arguments.text("precision", ops::to_string(kDefaultPrecision).data());
  const std::optional<ops::Precision> precision = ops::parse_precision(name);
  if (precision && *precision != ops::Precision::kFp16 && arguments.has("precision") &&
      arguments.text("machine").starts_with("gpu:")) {
    throw UsageError("--precision: found " + name + ", a GPU computes in fp16");
  }
  if (precision) return *precision;
  throw UsageError("--precision: found " + runtime::printable(name) +
                   ", supported are fp16, int8 and w8a16");
}

std::int64_t context_option(const Arguments& arguments) {
  return arguments.integer("context", 0, 1, lpu::kLargestChipNumber);
}

Subject load_subject(const std::string& path, const Arguments& arguments, bool quiet) {
  Subject subject;
  subject.precision = precision_option(arguments);
  if (arguments.has("scheduler") && arguments.text("scheduler") != "all") {
    subject.scheduler = &compiler::scheduler_named(arguments.text("scheduler"));
  }
  subject.path = path;
  subject.model_file = arguments.operand();
  subject.name = model_name(path);
  subject.chip = chip_of(arguments.text("chip", "groq1"));
  runtime::LoadedModel loaded = runtime::load(path, tokenizer_option(arguments));
  subject.tokenizer = std::move(loaded.tokenizer);
  subject.model = std::move(loaded.model);
  if (!quiet) {
    if (subject.precision != ops::Precision::kFp16) {
      const graph::Graph graph = graph::build_decode_graph(*subject.model);
      subject.model->notes.push_back(
          ops::loss_note(ops::weight_losses(graph, subject.precision), subject.precision));
    }
    for (const std::string& text : subject.model->notes) note(text);
  }
  return subject;
}

void compile_subject(Subject& subject, std::int64_t context, Progress& progress) {
  compiler::CompileOptions options;
  options.model_name = subject.name;
  if (subject.tokenizer) options.tokenizer = runtime::serialise(subject.tokenizer->data());
  options.context = context;
  options.precision = subject.precision;
  options.scheduler = subject.scheduler;
  options.progress = [&](const std::string& step) {
    stop_if_interrupted();
    progress.show(fmt::format("compiling {} for {}: {}", subject.name, subject.chip.name, step));
  };
  const auto start = std::chrono::steady_clock::now();
  subject.image = compiler::compile(*subject.model, subject.chip, options);
  const auto end = std::chrono::steady_clock::now();
  subject.compile_seconds = std::chrono::duration<double>(end - start).count();
  progress.clear();
  stop_if_interrupted();
}

Subject image_subject(const std::string& path, const Arguments& arguments) {
  const ops::Precision precision = precision_option(arguments);
  Subject subject;
  subject.path = path;
  subject.model_file = arguments.operand();
  subject.image = read_image(path);
  if (arguments.has("precision") && subject.image->info.precision != ops::to_string(precision)) {
    runtime::refuse(path, "precision",
                    fmt::format("the image is in {}, --precision asks for {}",
                                subject.image->info.precision, ops::to_string(precision)));
  }
  const lpu::Image& image = *subject.image;
  subject.chip = image.chip;
  subject.name = image.info.model;
  if (arguments.has("chip")) {
    const lpu::ChipSpec asked = chip_of(arguments.text("chip"));
    if (asked != image.chip) {
      runtime::refuse(path, "chip",
                      fmt::format("the image is for {}, --chip asks for {}{}", image.chip.name,
                                  asked.name, difference(image.chip, asked)));
    }
  }
  const std::int64_t context = context_option(arguments);
  if (context != 0 && context != image.info.context) {
    runtime::refuse(path, "context",
                    fmt::format("the image is for {} positions, --context asks for {}",
                                image.info.context, context));
  }
  if (const auto replacement = tokenizer_option(arguments)) {
    subject.tokenizer = runtime::make_tokenizer(runtime::load_tokenizer(*replacement));
  } else if (!image.tokenizer.empty()) {
    subject.tokenizer =
        runtime::make_tokenizer(runtime::deserialise(image.tokenizer, path + ": tokenizer"));
  }
  if (subject.tokenizer) {
    require_matching_vocabulary(path, subject.tokenizer->size(), image.info.vocab);
  }
  return subject;
}

std::int64_t model_context(const Subject& subject, std::int64_t asked) {
  const std::int64_t most = subject.model->config.context;
  if (asked > most) {
    runtime::refuse(subject.path, "context",
                    fmt::format("found {}, the model allows 1 to {}", asked, most));
  }
  return asked == 0 ? most : asked;
}

}  // namespace metronome::cli
