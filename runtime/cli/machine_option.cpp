// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/machine_option.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "runtime/chip_file.h"
#include "runtime/gpu_file.h"
#include "runtime/model_files/mapped_file.h"
#include "runtime/nearest_name.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::cli {
namespace {

constexpr double kPermillePerPercent = 10.0;
constexpr std::string_view kLpu = "lpu:";
constexpr std::string_view kGpu = "gpu:";
constexpr std::string_view kGpuOptions[] = {"launch", "background", "machine-seed", "without"};

std::vector<std::string> known_machines() {
  std::vector<std::string> names;
  for (const lpu::ChipSpec& chip : lpu::chip_presets()) names.push_back("lpu:" + chip.name);
  for (const std::string_view gpu : gpu::gpu_preset_names()) {
    names.push_back(fmt::format("gpu:{}", gpu));
  }
  names.emplace_back("reference");
  return names;
}

[[noreturn]] void refuse_machine(std::string_view option, const std::string& text) {
  const std::vector<std::string> names = known_machines();
  throw UsageError(fmt::format("--{}: found {}, there are {}, and files after lpu: or gpu:{}",
                               option, text.empty() ? "nothing" : runtime::printable(text),
                               fmt::join(names, ", "), runtime::suggestion(text, names)));
}

gpu::LaunchMode launch_mode(const std::string& text) {
  constexpr gpu::LaunchMode kModes[] = {gpu::LaunchMode::kStream, gpu::LaunchMode::kGraph,
                                        gpu::LaunchMode::kPersistent};
  for (const gpu::LaunchMode mode : kModes) {
    if (gpu::name(mode) == text) return mode;
  }
  throw UsageError("--launch: found " + runtime::printable(text) +
                   ", expected stream, graph or persistent");
}

gpu::Mechanism mechanism(const std::string& text) {
  std::vector<std::string> names;
  for (const gpu::MechanismInfo& info : gpu::mechanisms()) {
    if (info.name == text) return info.mechanism;
    names.emplace_back(info.name);
  }
  throw UsageError(fmt::format("--without: found {}, there are {}{}", runtime::printable(text),
                               fmt::join(names, ", "), runtime::suggestion(text, names)));
}

void require_no_contradiction(const Arguments& arguments, const MachineChoice& choice) {
  const std::string machine = arguments.text("machine", "lpu");
  if (choice.kind != MachineChoice::Kind::kGpu) {
    for (const std::string_view option : kGpuOptions) {
      if (!arguments.has(option)) continue;
      throw UsageError(fmt::format("--{}: needs --machine gpu:NAME, found {}", option,
                                   runtime::printable(machine)));
    }
  }
  if (!arguments.has("chip")) return;
  const std::string chip = arguments.text("chip");
  if (choice.kind == MachineChoice::Kind::kGpu) {
    throw UsageError("--chip: a chip has no part in --machine " + runtime::printable(machine));
  }
  if (choice.chip && machine.substr(kLpu.size()) != chip) {
    throw UsageError(fmt::format("--chip: {} contradicts --machine {}", runtime::printable(chip),
                                 runtime::printable(machine)));
  }
}

}  // namespace

MachineChoice machine_of(std::string_view option, const std::string& text) {
  MachineChoice choice;
  if (text == "lpu") return choice;
  if (text == "reference") {
    choice.kind = MachineChoice::Kind::kReference;
    return choice;
  }
  const std::string name = text.size() > kLpu.size() ? text.substr(kLpu.size()) : "";
  const bool file = !name.empty() && runtime::file_exists(name);
  if (text.starts_with(kLpu)) {
    choice.chip = runtime::chip_preset(name);
    if (!choice.chip->name.empty()) return choice;
    if (!file) refuse_machine(option, text);
    choice.chip = runtime::load_chip(name);
    return choice;
  }
  if (!text.starts_with(kGpu)) refuse_machine(option, text);
  const std::vector<std::string_view> presets = gpu::gpu_preset_names();
  if (!file && std::ranges::find(presets, name) == presets.end()) refuse_machine(option, text);
  choice.kind = MachineChoice::Kind::kGpu;
  choice.gpu = runtime::gpu_of(name);
  return choice;
}

MachineChoice machine_option(const Arguments& arguments) {
  MachineChoice choice = machine_of("machine", arguments.text("machine", "lpu"));
  require_no_contradiction(arguments, choice);
  return choice;
}

std::vector<Option> gpu_option_rows() {
  return {
      {"launch", "HOW",
       "on a GPU: stream (the host launches kernels one by one), graph (all of a token at once, "
       "by default), or persistent (one kernel that lives through the token)"},
      {"background", "LOAD",
       "on a GPU: another kernel asks for so many percent of the DRAM's bandwidth, 0 to 100"},
      {"without", "MECHANISM",
       "on a GPU: switch a mechanism off, such as refresh, rows, tlb, launch-gaps or memory; "
       "may be given more than once",
       true}};
}

comparison::GpuOptions gpu_options(const Arguments& arguments) {
  comparison::GpuOptions options;
  options.mode = launch_mode(arguments.text("launch", "graph"));
  options.background_permille =
      std::llround(arguments.real("background", 0.0, 0.0, 100.0) * kPermillePerPercent);
  for (const std::string& text : arguments.texts("without")) {
    options.off.set(static_cast<std::size_t>(mechanism(text)));
  }
  return options;
}

std::int64_t count_of(const gpu::GpuSpec& spec, gpu::Confidence confidence) {
  return std::ranges::count(spec.provenance, confidence, &gpu::Provenance::confidence);
}

std::string confidence_text(const gpu::GpuSpec& spec) {
  const auto part = [&](gpu::Confidence c) {
    return fmt::format("{} {}", count_of(spec, c), gpu::name(c));
  };
  return fmt::format("{}, {}, {}, {}", part(gpu::Confidence::kPublished),
                     part(gpu::Confidence::kDerived), part(gpu::Confidence::kFitted),
                     part(gpu::Confidence::kAssumed));
}

}  // namespace metronome::cli
