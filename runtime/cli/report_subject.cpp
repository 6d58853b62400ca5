// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/report_subject.h"

#include <fmt/core.h>

#include "runtime/chip_file.h"
#include "runtime/cli/arguments.h"
#include "runtime/cli/interrupt.h"
#include "runtime/cli/named_files.h"
#include "runtime/generation/generate.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::cli {
namespace {

void require_tokenizer(const Subject& subject) {
  if (subject.tokenizer) return;
  runtime::refuse(subject.path, "tokenizer", "none found, name one with --tokenizer FILE");
}

/// Errors: UserError naming the document, or the model, if the model allows fewer positions.
std::int64_t told_context(const Subject& subject, const ReportOptions& options,
                          std::int64_t asked) {
  const std::int64_t most = subject.model->config.context;
  if (options.document.any() && asked > most) {
    runtime::refuse(options.document.path(), "context",
                    fmt::format("found {}, the model allows 1 to {}", asked, most));
  }
  return model_context(subject, asked);
}

/// A document names its chip: a preset, or the one of a file that --chip must name.
void take_told_chip(Subject& subject, const ReportOptions& options, const Arguments& arguments) {
  const std::string told = options.document.chip();
  if (told.empty()) return;
  if (!arguments.has("chip") && runtime::chip_preset(told).name.empty()) {
    runtime::refuse(options.document.path(), "chip",
                    fmt::format("found {}, which is no preset; name its file with --chip",
                                runtime::printable(told)));
  }
  if (!arguments.has("chip")) subject.chip = chip_of(told);
  if (subject.chip.name == told) return;
  throw UsageError(
      fmt::format("--chip: found {}, {} is of {}", runtime::printable(subject.chip.name),
                  runtime::printable(options.document.path()), runtime::printable(told)));
}

void take_prompt(Reported& reported, const ReportOptions& options, std::int64_t context) {
  const runtime::Tokenizer& tokenizer = *reported.subject.tokenizer;
  const auto& run = options.document.run;
  if (!run) {
    reported.prompt_ids = runtime::prompt_ids(tokenizer, options.prompt, context);
    return;
  }
  for (const std::int32_t id : run->prompt_ids) {
    if (id < tokenizer.size()) continue;
    runtime::refuse(
        run->path, "prompt_ids",
        fmt::format("found {}, the model has tokens 0 to {}", id, tokenizer.size() - 1));
  }
  if (static_cast<std::int64_t>(run->prompt_ids.size()) > context) {
    runtime::refuse(
        run->path, "prompt_ids",
        fmt::format("found {}, the context has {} positions", run->prompt_ids.size(), context));
  }
  reported.prompt_ids = run->prompt_ids;
  reported.sampling = run->sampling;
}

Reported prepare_image(const std::string& path, const ReportOptions& options,
                       const Arguments& arguments) {
  if (arguments.has("machines") || arguments.has("runs")) {
    throw UsageError(
        "--machines and --runs: an image holds one machine's program; machines are "
        "compared by the model file");
  }
  Reported reported;
  reported.subject = image_subject(path, arguments);
  reported.image = std::make_unique<lpu::Image>(std::move(*reported.subject.image));
  reported.subject.image.reset();
  for (const lpu::Program& program : reported.image->programs) {
    stop_if_interrupted();
    if (auto conflict = compiler::check_schedule(*reported.image, program)) {
      reported.rejected = Rejected{&program, std::move(*conflict)};
      return reported;
    }
  }
  require_tokenizer(reported.subject);
  take_prompt(reported, options, reported.image->info.context);
  return reported;
}

}  // namespace

Reported prepare_report(const ReportOptions& options, const Arguments& arguments,
                        Progress& progress) {
  const std::string path = options.model_path.empty() ? shipped_model() : options.model_path;
  require_separate_files(arguments, path);
  if (is_image(path)) return prepare_image(path, options, arguments);
  Reported reported;
  reported.subject = load_subject(path, arguments, options.quiet);
  Subject& subject = reported.subject;
  subject.model_file = options.model_path;
  require_tokenizer(subject);
  std::int64_t context = context_option(arguments);
  if (const auto& run = options.document.run) context = run->context;
  if (const auto& comparison = options.document.comparison) context = comparison->context;
  context = told_context(subject, options, context);
  take_told_chip(subject, options, arguments);
  take_prompt(reported, options, context);
  compile_subject(subject, context, progress);
  reported.image = std::make_unique<lpu::Image>(std::move(*subject.image));
  subject.image.reset();
  return reported;
}

}  // namespace metronome::cli
