// SPDX-License-Identifier: Apache-2.0
// A subcommand as data: its help and its options are read from here, and commands() is the one list
// of them all.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hw/isa/error.h"

namespace metronome::cli {

class Arguments;

/// A command line that cannot be understood: exit 2, with a hint at the help.
class UsageError : public UserError {
 public:
  explicit UsageError(const std::string& message, std::string help = "--help")
      : UserError(message), help_(std::move(help)) {}
  /// Words after `metronome` that explain.
  [[nodiscard]] const std::string& help() const { return help_; }

 private:
  std::string help_;
};

struct Option {
  std::string_view name;   // "output", or "output,o" with a short form
  std::string_view value;  // what stands after it, "FILE"; empty for a switch
  std::string_view help;
  bool repeats = false;
};

struct Command {
  std::string_view name;
  std::string_view operand;  // "MODEL", "[MODEL]" where it may be left out, or empty
  std::string_view summary;  // one line
  std::string_view about;    // a paragraph
  std::string_view example;  // lines
  std::vector<Option> options;
  int (*run)(const Arguments& arguments) = nullptr;  // returns the exit code
};

constexpr int kOk = 0;
constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr int kInterrupted = 130;

Command run_command();
Command compare_command();
Command report_command();
Command kernel_command();
Command probe_command();
Command compile_command();
Command inspect_command();
Command disasm_command();
Command asm_command();
Command check_command();
Command isa_command();
Command perplexity_command();
Command score_command();
Command sweep_command();

std::vector<Command> commands();

}  // namespace metronome::cli
