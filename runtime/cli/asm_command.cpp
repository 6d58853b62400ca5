// SPDX-License-Identifier: Apache-2.0
#include "hw/isa/lpu/assembly.h"
#include "runtime/cli/arguments.h"
#include "runtime/cli/named_files.h"
#include "runtime/cli/output_file.h"
#include "runtime/model_files/mapped_file.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::cli {
namespace {

int assemble(const Arguments& arguments) {
  const std::string& path = arguments.operand();
  const std::string output = arguments.require_text("output");
  require_separate_files(arguments, path);
  OutputFile file(output);
  const runtime::SharedFile text = runtime::map_file(path);
  file.write(lpu::serialise(lpu::assemble(text->text(), text->name())));
  file.commit();
  return kOk;
}

}  // namespace

Command asm_command() {
  return {"asm",
          "FILE",
          "make an image of text",
          "Makes an image of the text that `metronome disasm` writes, perhaps edited. Mistakes are "
          "reported as file:line:column with what was found and what was expected. The schedule is "
          "taken as it stands: `metronome check` says whether it holds.",
          "  metronome asm model.txt -o model.mtm && metronome check model.mtm",
          {{"output,o", "FILE.mtm", "the image; - for standard output"}},
          assemble};
}

}  // namespace metronome::cli
