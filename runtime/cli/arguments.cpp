// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/arguments.h"

#include <fmt/core.h>

#include <boost/program_options.hpp>
#include <charconv>
#include <optional>

#include "runtime/nearest_name.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::cli {
namespace {

namespace po = boost::program_options;

constexpr const char* kOperand = "operand";

po::options_description described(const Command& command) {
  po::options_description all;
  all.add_options()("help,h", "");
  for (const Option& option : command.options) {
    const std::string name(option.name);
    if (option.value.empty()) {
      all.add_options()(name.c_str(), "");
    } else if (option.repeats) {
      all.add_options()(name.c_str(), po::value<std::vector<std::string>>()->composing());
    } else {
      all.add_options()(name.c_str(), po::value<std::string>());
    }
  }
  all.add_options()(kOperand, po::value<std::vector<std::string>>());
  return all;
}

std::vector<std::string> option_names(const Command& command) {
  std::vector<std::string> names = {"--help"};
  for (const Option& option : command.options) names.push_back("--" + long_name(option));
  return names;
}

po::variables_map parse(const Command& command, const std::vector<std::string>& words) {
  namespace style = po::command_line_style;
  const po::options_description all = described(command);
  po::positional_options_description positions;
  positions.add(kOperand, -1);
  po::variables_map values;
  try {
    po::store(po::command_line_parser(words)
                  .options(all)
                  .positional(positions)
                  .style(style::unix_style & ~style::allow_guessing)
                  .run(),
              values);
  } catch (const po::unknown_option& error) {
    const std::string name = error.get_option_name();
    throw UsageError(fmt::format("{}: unknown option{}", runtime::printable(name),
                                 runtime::suggestion(name, option_names(command))));
  } catch (const po::error& error) {
    throw UsageError(runtime::printable(error.what()));
  }
  return values;
}

template <typename Number>
std::optional<Number> parsed(const std::string& text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

[[noreturn]] void refuse_value(std::string_view option, const std::string& found,
                               const std::string& expected) {
  throw UsageError(
      fmt::format("--{}: found {}, expected {}", option, runtime::printable(found), expected));
}

}  // namespace

std::string long_name(const Option& option) {
  return std::string(option.name.substr(0, option.name.find(',')));
}

Arguments::Arguments(const Command& command, const std::vector<std::string>& words) {
  po::variables_map values = parse(command, words);
  if (values.contains("help")) {
    texts_["help"];
    return;
  }
  for (const Option& option : command.options) {
    const std::string name = long_name(option);
    if (!values.contains(name)) continue;
    std::vector<std::string>& texts = texts_[name];
    if (option.repeats) {
      texts = values[name].as<std::vector<std::string>>();
    } else if (!option.value.empty()) {
      texts.push_back(values[name].as<std::string>());
    }
  }
  std::vector<std::string> operands;
  if (values.contains(kOperand)) operands = values[kOperand].as<std::vector<std::string>>();
  const std::size_t most = command.operand.empty() ? 0 : 1;
  if (operands.size() > most) {
    throw UsageError(fmt::format("{}: one word too many", runtime::printable(operands[most])));
  }
  if (operands.empty() && most == 1 && !command.operand.starts_with('[')) {
    throw UsageError(fmt::format("{} is missing", command.operand));
  }
  if (!operands.empty()) operand_ = operands[0];
}

std::string Arguments::text(std::string_view option, std::string_view fallback) const {
  const auto found = texts_.find(option);
  return found == texts_.end() || found->second.empty() ? std::string(fallback)
                                                        : found->second.back();
}

std::vector<std::string> Arguments::texts(std::string_view option) const {
  const auto found = texts_.find(option);
  return found == texts_.end() ? std::vector<std::string>() : found->second;
}

std::string Arguments::require_text(std::string_view option) const {
  std::string value = text(option);
  if (value.empty()) throw UsageError(fmt::format("--{} is missing", option));
  return value;
}

std::int64_t Arguments::integer(std::string_view option, std::int64_t fallback, std::int64_t low,
                                std::int64_t high) const {
  if (!has(option)) return fallback;
  const std::optional<std::int64_t> value = parsed<std::int64_t>(text(option));
  if (!value || *value < low || *value > high) {
    refuse_value(option, text(option), fmt::format("a whole number from {} to {}", low, high));
  }
  return *value;
}

double Arguments::real(std::string_view option, double fallback, double low, double high) const {
  if (!has(option)) return fallback;
  const std::optional<double> value = parsed<double>(text(option));
  if (!value || !(*value >= low && *value <= high)) {
    refuse_value(option, text(option), fmt::format("a number from {} to {}", low, high));
  }
  return *value;
}

}  // namespace metronome::cli
