// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/sweep.h"

#include <fmt/format.h>

#include <charconv>

#include "compiler/lpu/bounds.h"
#include "hw/isa/error.h"
#include "hw/isa/lpu/image_fields.h"
#include "runtime/cli/command.h"
#include "runtime/nearest_name.h"

namespace metronome::cli {
namespace {

constexpr const char* kHelp = "help sweep";

std::vector<std::string> parameter_names() {
  std::vector<std::string> names = {"precision", "context", "scheduler"};
  lpu::ChipSpec spec;
  lpu::chip_fields(spec, [&](const char* name, int&) { names.emplace_back(name); });
  return names;
}

bool is_parameter(const std::string& name) {
  const auto names = parameter_names();
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  for (std::size_t comma = text.find(','); comma != std::string::npos;
       comma = text.find(',', from)) {
    parts.push_back(text.substr(from, comma - from));
    from = comma + 1;
  }
  parts.push_back(text.substr(from));
  return parts;
}

std::int64_t number_of(const std::string& name, const std::string& text) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || number < 0 || number > lpu::kLargestChipNumber) {
    throw UsageError(fmt::format("--vary: {}: found '{}', expected a number from 0 to {}", name,
                                 text, lpu::kLargestChipNumber),
                     kHelp);
  }
  return number;
}

/// Refuses a value that no chip or model could take.
void check_value(const std::string& name, const std::string& value) {
  if (name == "scheduler") {
    compiler::scheduler_named(value);
  } else if (name == "precision") {
    if (!ops::parse_precision(value)) {
      throw UsageError(
          fmt::format("--vary: precision: found '{}', expected {}", value, ops::precision_names()),
          kHelp);
    }
  } else {
    number_of(name, value);
  }
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c == '\n' ? ' ' : c;
  }
  return out + "\"";
}

}  // namespace

SweepAxis parse_axis(const std::string& text) {
  const std::size_t equals = text.find('=');
  const std::string name = text.substr(0, equals);
  if (equals == std::string::npos || equals + 1 == text.size()) {
    throw UsageError(fmt::format("--vary: found '{}', expected NAME=VALUE,VALUE,...", text), kHelp);
  }
  if (!is_parameter(name)) {
    throw UsageError(fmt::format("--vary: found '{}'{}; there are {}", name,
                                 runtime::suggestion(name, parameter_names()),
                                 fmt::join(parameter_names(), ", ")),
                     kHelp);
  }
  SweepAxis axis{name, split(text.substr(equals + 1))};
  for (const std::string& value : axis.values) check_value(name, value);
  return axis;
}

void set_parameter(SweepSetting& setting, const std::string& name, const std::string& value) {
  if (name == "scheduler") {
    setting.options.scheduler = &compiler::scheduler_named(value);
  } else if (name == "precision") {
    setting.options.precision = *ops::parse_precision(value);
  } else if (name == "context") {
    setting.options.context = number_of(name, value);
  } else {
    lpu::chip_fields(setting.chip, [&](const char* field, int& number) {
      if (name == field) number = static_cast<int>(number_of(name, value));
    });
  }
}

SweepPoint measure_point(const graph::Model& model, const SweepSetting& start,
                         const std::vector<SweepAxis>& axes,
                         const std::vector<std::string>& values) {
  SweepPoint point;
  point.values = values;
  SweepSetting setting = start;
  for (std::size_t a = 0; a < axes.size(); ++a) set_parameter(setting, axes[a].name, values[a]);
  point.clock_hz = setting.chip.clock_hz;
  try {
    lpu::validate(setting.chip, setting.chip.name);
    const lpu::Image image = compiler::compile(model, setting.chip, setting.options);
    const lpu::Program& program = image.programs.back();
    const compiler::ScheduleGraph graph(image, program);
    const compiler::LayerBounds token = compiler::layer_bounds(graph).front();
    point.program = program.name;
    point.cycles = token.achieved();
    point.bound = token.binding().cycles;
    point.binds = token.binding().name;
  } catch (const UserError& error) {
    point.reason = error.what();
  }
  return point;
}

std::vector<std::vector<std::string>> combinations(const std::vector<SweepAxis>& axes) {
  std::vector<std::vector<std::string>> all = {{}};
  for (const SweepAxis& axis : axes) {
    std::vector<std::vector<std::string>> longer;
    for (const auto& before : all) {
      for (const std::string& value : axis.values) {
        longer.push_back(before);
        longer.back().push_back(value);
      }
    }
    all = std::move(longer);
  }
  return all;
}

std::string sweep_csv(const std::vector<SweepAxis>& axes, const std::vector<SweepPoint>& points) {
  std::string text;
  for (const SweepAxis& axis : axes) text += axis.name + ",";
  text += "program,cycles,bound,ratio,binds,microseconds,reason\n";
  for (const SweepPoint& p : points) {
    text += fmt::format("{},", fmt::join(p.values, ","));
    if (p.reason.empty()) {
      text += fmt::format("{},{},{},{:.4f},{},{:.3f},\n", p.program, p.cycles, p.bound, p.ratio(),
                          p.binds,
                          static_cast<double>(p.cycles) * 1e6 / static_cast<double>(p.clock_hz));
    } else {
      text += ",,,,,," + quoted(p.reason) + "\n";
    }
  }
  return text;
}

}  // namespace metronome::cli
