// SPDX-License-Identifier: Apache-2.0
#include "runtime/gpu_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/flat_json.h"
#include "runtime/model_files/mapped_file.h"
#include "runtime/nearest_name.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::runtime {
namespace {

bool is_preset(std::string_view name) {
  const std::vector<std::string_view> names = gpu::gpu_preset_names();
  return std::ranges::find(names, name) != names.end();
}

gpu::GpuSpec base_of(const FlatFile& file) {
  const FlatField* field = file.find("base");
  if (field == nullptr) {
    refuse(file.source, "base", "missing, expected one of " + gpu_preset_list());
  }
  const std::string& name = file.text(*field);
  if (!is_preset(name)) {
    file.refuse(*field, fmt::format("found \"{}\", expected one of {}", printable(name),
                                    gpu_preset_list()));
  }
  return gpu::gpu_preset(name);
}

void set_field(gpu::GpuSpec& spec, const FlatFile& file, const FlatField& field) {
  if (field.name == "base") return;
  if (field.name == "name") {
    spec.name = file.machine_name(field);
    return;
  }
  std::vector<std::string> names = {"base", "name"};
  for (const gpu::FieldInfo& info : gpu::spec_fields()) {
    if (info.name == field.name) {
      const std::string line = fmt::format("{}:{}", file.source, field.line);
      spec.set(info.field, file.number(field), {gpu::Confidence::kAssumed, line});
      return;
    }
    names.emplace_back(info.name);
  }
  file.refuse(field, "unknown field" + suggestion(field.name, names));
}

}  // namespace

gpu::GpuSpec load_gpu(const std::filesystem::path& path) {
  const FlatFile file = read_flat_file(path, "gpu");
  gpu::GpuSpec spec = base_of(file);
  spec.name = path.stem().string();
  for (const FlatField& field : file.fields) set_field(spec, file, field);
  try {
    gpu::validate(spec, file.source);
  } catch (const UserError& error) {
    throw UserError(file.with_line(error.what()));
  }
  return spec;
}

gpu::GpuSpec gpu_of(const std::string& name_or_file) {
  if (is_preset(name_or_file)) return gpu::gpu_preset(name_or_file);
  if (file_exists(name_or_file)) return load_gpu(name_or_file);
  std::vector<std::string> names;
  for (const std::string_view name : gpu::gpu_preset_names()) names.emplace_back(name);
  throw UserError(fmt::format("GPU: found {}, expected one of {}, or a GPU file{}",
                              printable(name_or_file), gpu_preset_list(),
                              suggestion(name_or_file, names)));
}

std::string gpu_preset_list() {
  return fmt::format("{}", fmt::join(gpu::gpu_preset_names(), ", "));
}

}  // namespace metronome::runtime
