// SPDX-License-Identifier: Apache-2.0
// The command line: finds the subcommand, runs it, and turns every failure into one line and an
// exit code.
#include <fmt/core.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <new>
#include <systemc>

#include "runtime/cli/arguments.h"
#include "runtime/cli/help.h"
#include "runtime/cli/interrupt.h"
#include "runtime/cli/terminal.h"
#include "runtime/nearest_name.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::cli {
namespace {

constexpr int kBrokenPipe = 141;  // as a shell reports a program ended by SIGPIPE

Command find_command(const std::string& name) {
  std::vector<std::string> names = {"help"};
  for (Command& command : commands()) {
    if (command.name == name) return std::move(command);
    names.emplace_back(command.name);
  }
  throw UsageError(runtime::printable(name) + ": unknown command" +
                   runtime::suggestion(name, names));
}

int help(const std::vector<std::string>& words) {
  if (words.size() > 2) throw UsageError(runtime::printable(words[2]) + ": one word too many");
  const bool one = words.size() == 2 && words[1] != "help" && words[1] != "--help";
  put(one ? help_of(find_command(words[1])) : overview());
  return kOk;
}

int dispatch(const std::vector<std::string>& words) {
  if (words.empty()) throw UsageError("a command is missing");
  if (words[0] == "help" || words[0] == "--help" || words[0] == "-h") return help(words);
  if (words[0] == "--version") {
    put(version());
    return kOk;
  }
  const Command command = find_command(words[0]);
  try {
    const Arguments arguments(command, {words.begin() + 1, words.end()});
    if (!arguments.wants_help()) return command.run(arguments);
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("{}: {}", command.name, error.what()),
                     fmt::format("help {}", command.name));
  }
  put(help_of(command));
  return kOk;
}

int say(int code, std::string text) {
  for (char& letter : text) {
    if (letter == '\n') letter = ' ';
  }
  fmt::print(stderr, "metronome: {}\n", text);
  return code;
}

int guarded(const std::vector<std::string>& words) {
  try {
    return dispatch(words);
  } catch (const UsageError& error) {
    const int code = say(kUsage, error.what());
    fmt::print(stderr, "`metronome {}` explains.\n", error.help());
    return code;
  } catch (const UserError& error) {
    const int code = say(kUsage, error.what());
    fmt::print(stderr, "{}", error.table());
    return code;
  } catch (const InvariantError& error) {
    return say(kFailed, error.what());
  } catch (const Interrupted&) {
    return say(kInterrupted, "interrupted");
  } catch (const OutputError& error) {
    if (error.code == EPIPE) return kBrokenPipe;
    return say(kFailed, std::string("standard output: ") + std::strerror(error.code));
  } catch (const std::bad_alloc&) {
    return say(kFailed, "out of memory");
  } catch (const std::filesystem::filesystem_error& error) {
    return say(kUsage, error.path1().string() + ": file: " + error.code().message());
  } catch (const std::exception& error) {
    return say(kFailed, error.what());
  } catch (...) {
    return say(kFailed, "an unknown error");
  }
}

}  // namespace
}  // namespace metronome::cli

// SystemC's library brings a main of its own, which this program's replaces, and asks for this.
int sc_main(int, char**) { return 0; }

int main(int argc, char** argv) {
  sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
  metronome::cli::catch_signals();
  return metronome::cli::guarded({argv + (argc > 0 ? 1 : 0), argv + argc});
}
