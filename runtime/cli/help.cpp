// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/help.h"

#include <fmt/core.h>

#include <boost/version.hpp>
#include <systemc>

#include "runtime/cli/arguments.h"

namespace metronome::cli {
namespace {

constexpr std::size_t kWidth = 80;

/// Words of `text` in lines of kWidth, those after the first indented.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t column) {
  std::string lines;
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    if (column > indent && column + 1 + word.size() > kWidth) {
      lines += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      lines += ' ';
      ++column;
    }
    lines += word;
    column += word.size();
  }
  return lines + "\n";
}

std::string row(const std::string& left, std::string_view right, std::size_t indent) {
  std::string line = "  " + left;
  if (line.size() + 2 > indent) line += "\n";
  const std::size_t used = line.back() == '\n' ? 0 : line.size();
  return line + std::string(indent - used, ' ') + wrapped(right, indent, indent);
}

std::string spelled(const Option& option) {
  const std::size_t comma = option.name.find(',');
  std::string text = comma == std::string_view::npos
                         ? "    "
                         : fmt::format("-{}, ", option.name.substr(comma + 1));
  text += "--" + long_name(option);
  if (!option.value.empty()) text += fmt::format(" {}", option.value);
  return text;
}

}  // namespace

std::vector<Command> commands() {
  return {run_command(),     compare_command(), report_command(), compile_command(),
          inspect_command(), check_command(),   disasm_command(), asm_command(),
          isa_command(),     kernel_command(),  probe_command(),  perplexity_command(),
          score_command(),   sweep_command()};
}

std::string overview() {
  std::string text = wrapped(
      "Metronome compiles a language model for a chip on which nothing ever waits, so that "
      "the cycle count of every token is known before it runs, and then runs it on a "
      "cycle-accurate emulation of that chip. Beside it stands a GPU, where much waits, for "
      "comparison.",
      0, 0);
  text += "\nUsage: metronome COMMAND [WORDS]\n\nCommands:\n";
  for (const Command& command : commands()) {
    text += row(std::string(command.name), command.summary, 14);
  }
  text += row("help", "explain a command: metronome help run", 14);
  text += "\nStart here:\n  metronome run --prompt \"Once upon a time\" --tokens 60\n";
  text += "\n" + wrapped(
                     "Exit codes: 0 all went well, 1 the work failed, 2 the command line or an "
                     "input file is wrong, 130 interrupted. --version tells what this program "
                     "was built with.",
                     0, 0);
  text += "\n" + wrapped(
                     "Charts are as wide as the terminal, or as COLUMNS says, and drawn with block "
                     "characters where the locale is UTF-8; LC_ALL=C keeps them to ASCII.",
                     0, 0);
  return text;
}

std::string help_of(const Command& command) {
  std::string usage = fmt::format("Usage: metronome {}", command.name);
  if (!command.operand.empty()) usage += fmt::format(" {}", command.operand);
  if (!command.options.empty()) usage += " [OPTIONS]";
  std::string text = usage + "\n\n" + wrapped(command.about, 0, 0);
  text += "\nOptions:\n";
  for (const Option& option : command.options) text += row(spelled(option), option.help, 30);
  text += row("-h, --help", "this text", 30);
  text += fmt::format("\nFor example:\n{}\n", command.example);
  return text;
}

std::string version() {
  return fmt::format("metronome {}\nSystemC {}.{}.{}\nBoost {}.{}.{}\n", METRONOME_VERSION,
                     SC_VERSION_MAJOR, SC_VERSION_MINOR, SC_VERSION_PATCH, BOOST_VERSION / 100000,
                     BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100);
}

}  // namespace metronome::cli
