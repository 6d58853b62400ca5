// SPDX-License-Identifier: Apache-2.0
#include "runtime/chip_file.h"

#include <fmt/format.h>

#include "hw/isa/lpu/image_fields.h"
#include "runtime/flat_json.h"
#include "runtime/nearest_name.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::runtime {
namespace {

std::int64_t number_up_to(const FlatFile& file, const FlatField& field, std::int64_t limit) {
  const std::int64_t number = file.number(field);
  if (number < 0 || number > limit) {
    file.refuse(field, fmt::format("found {}, allowed 0 to {}", number, limit));
  }
  return number;
}

std::vector<std::string> field_names() {
  std::vector<std::string> names = {"base", "name", "clock_hz"};
  lpu::ChipSpec spec;
  lpu::chip_fields(spec, [&](const char* name, int&) { names.emplace_back(name); });
  return names;
}

lpu::ChipSpec base_of(const FlatFile& file) {
  const FlatField* field = file.find("base");
  if (field == nullptr) {
    refuse(file.source, "base", "missing, expected one of " + chip_preset_names());
  }
  const std::string& name = file.text(*field);
  lpu::ChipSpec spec = chip_preset(name);
  if (spec.name.empty()) {
    file.refuse(*field, fmt::format("found \"{}\", expected one of {}", printable(name),
                                    chip_preset_names()));
  }
  return spec;
}

void set_field(lpu::ChipSpec& spec, const FlatFile& file, const FlatField& field) {
  if (field.name == "base") return;
  if (field.name == "name") {
    spec.name = file.machine_name(field);
    return;
  }
  if (field.name == "clock_hz") {
    spec.clock_hz = number_up_to(file, field, lpu::kLargestNumber);
    return;
  }
  bool known = false;
  lpu::chip_fields(spec, [&](const char* name, int& value) {
    if (field.name != name) return;
    known = true;
    value = static_cast<int>(number_up_to(file, field, lpu::kLargestChipNumber));
  });
  if (!known) file.refuse(field, "unknown field" + suggestion(field.name, field_names()));
}

}  // namespace

lpu::ChipSpec chip_preset(std::string_view name) {
  for (lpu::ChipSpec& spec : lpu::chip_presets()) {
    if (spec.name == name) return spec;
  }
  return {};
}

std::string chip_preset_names() {
  std::string names;
  for (const lpu::ChipSpec& spec : lpu::chip_presets()) {
    names += (names.empty() ? "" : ", ") + spec.name;
  }
  return names;
}

lpu::ChipSpec load_chip(const std::filesystem::path& path) {
  const FlatFile file = read_flat_file(path, "chip");
  lpu::ChipSpec spec = base_of(file);
  spec.name = path.stem().string();
  for (const FlatField& field : file.fields) set_field(spec, file, field);
  try {
    lpu::validate(spec, file.source);
  } catch (const UserError& error) {
    throw UserError(file.with_line(error.what()));
  }
  return spec;
}

}  // namespace metronome::runtime
