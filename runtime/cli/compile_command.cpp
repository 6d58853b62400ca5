// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include "runtime/cli/arguments.h"
#include "runtime/cli/image_facts.h"
#include "runtime/cli/named_files.h"
#include "runtime/cli/numbers.h"
#include "runtime/cli/output_file.h"
#include "runtime/cli/subject.h"
#include "runtime/cli/terminal.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::cli {
namespace {

std::string summary(const Subject& subject, const std::string& path, std::int64_t bytes) {
  const lpu::Image& image = *subject.image;
  std::vector<std::vector<std::string>> rows;
  for (const lpu::Program& program : image.programs) {
    rows.push_back({program.name, grouped(program.context), grouped(program.predicted_cycles)});
  }
  return labelled("wrote", fmt::format("{}, {}", path, bytes_text(bytes))) +
         labelled("chip", fmt::format("{}, {} of {} SRAM used", image.chip.name,
                                      bytes_text(sram_use(image).total()),
                                      bytes_text(image.chip.sram_bytes()))) +
         "\n" + table({"program", ">positions", ">cycles a token"}, rows, 0) +
         "The judge has proved each schedule.\n";
}

int compile(const Arguments& arguments) {
  const std::string& path = arguments.operand();
  const std::string output = arguments.require_text("output");
  const bool quiet = arguments.has("quiet");
  if (is_image(path)) runtime::refuse(path, "format", "is already a program image");
  require_separate_files(arguments, path);
  OutputFile file(output);
  Progress progress(quiet);
  Subject subject = load_subject(path, arguments, quiet);
  compile_subject(subject, context_option(arguments), progress);
  const std::vector<std::uint8_t> bytes = lpu::serialise(*subject.image);
  file.write(bytes);
  file.commit();
  if (!quiet && output != "-") {
    put(summary(subject, output, static_cast<std::int64_t>(bytes.size())));
  }
  return kOk;
}

}  // namespace

Command compile_command() {
  return {"compile",
          "MODEL",
          "compile a model into a program image",
          "Places MODEL in the chip's memory, schedules every instruction of a token to its cycle, "
          "has the judge prove the schedule, and writes all of it, tokenizer included, as one "
          "file. `metronome run` runs it without the model. The same model, chip and options give "
          "the same bytes.",
          "  metronome compile model.gguf -o model.mtm --chip groq1 --context 256",
          {{"output,o", "FILE", "the image; - for standard output"},
           {"chip", "CHIP",
            "groq1 (the full chip, taken by default), teaching (a small one), or "
            "a chip file"},
           {"precision", "P",
            "of the computation: fp16 (by default), int8 or w8a16, see docs/precision.md"},
           {"scheduler", "NAME",
            "in-order (by default), critical-first or one-by-one; `metronome score` compares them"},
           {"context", "N", "compile for N positions instead of as many as the model allows"},
           {"tokenizer", "FILE",
            "take the tokenizer from here: a llama2.c tokenizer, a "
            "tokenizer.json, or a GGUF file"},
           {"quiet,q", "", "no progress, no notes, no summary"}},
          compile};
}

}  // namespace metronome::cli
