// SPDX-License-Identifier: Apache-2.0
// What the words of a command line mean: which file is an image, which chip is asked for, and a
// model made into an image.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "compiler/graph/model.h"
#include "compiler/lpu/schedulers.h"
#include "compiler/ops/precision.h"
#include "hw/isa/lpu/image.h"
#include "runtime/cli/arguments.h"
#include "runtime/cli/terminal.h"
#include "runtime/tokenizers/tokenizer.h"

namespace metronome::cli {

/// Known by its content, whatever it is called.
bool is_image(const std::string& path);
lpu::Image read_image(const std::string& path);

/// A preset's name or a chip file. Errors: UserError.
lpu::ChipSpec chip_of(const std::string& name_or_file);

/// The model that comes with the program. Errors: UserError if it is not where it should be.
std::string shipped_model();

/// A file's name without folder and extension, a folder's name: the same wherever it lies. Of a
/// shape what follows "shape:".
std::string model_name(const std::string& path);

inline constexpr ops::Precision kDefaultPrecision = ops::Precision::kFp16;
/// --precision, or the default. Errors: UsageError for one that does not exist, or that the
/// machine asked for does not compute in.
ops::Precision precision_option(const Arguments& arguments);

/// --tokenizer, if it is there.
std::optional<std::filesystem::path> tokenizer_option(const Arguments& arguments);

struct Subject {
  std::string path;
  std::string model_file;  // as it was named on the command line; empty for the shipped model
  std::optional<graph::Model> model;  // not for an image
  std::optional<lpu::Image> image;    // not for the reference device
  lpu::ChipSpec chip;
  ops::Precision precision = kDefaultPrecision;
  const compiler::Scheduler* scheduler = &compiler::default_scheduler();
  std::unique_ptr<runtime::Tokenizer> tokenizer;  // may be null
  std::string name;
  double compile_seconds = 0.0;  // host time
};

/// Loads a model file with its tokenizer, not yet compiled. Its notes go to standard error unless
/// `quiet`.
Subject load_subject(const std::string& path, const Arguments& arguments, bool quiet);

/// Compiles the model of `subject` for so many positions; 0 takes the model's.
void compile_subject(Subject& subject, std::int64_t context, Progress& progress);

/// An image with its tokenizer. Errors: UserError if options ask for what it was not compiled for.
Subject image_subject(const std::string& path, const Arguments& arguments);

/// `asked` positions, or as many as the model allows if that is 0.
/// Errors: UserError if the model allows fewer.
std::int64_t model_context(const Subject& subject, std::int64_t asked);

/// --context, or 0.
std::int64_t context_option(const Arguments& arguments);

}  // namespace metronome::cli
