// SPDX-License-Identifier: Apache-2.0
// One kernel from a text file on a GPU, with every event told on request.
#include <fmt/core.h>

#include <charconv>
#include <sstream>

#include "hw/gpu/gpu.h"
#include "hw/isa/gpu/assembly.h"
#include "runtime/cli/arguments.h"
#include "runtime/cli/numbers.h"
#include "runtime/cli/terminal.h"
#include "runtime/gpu_file.h"
#include "runtime/model_files/mapped_file.h"
#include "runtime/tokenizers/refuse.h"
#include "waveforms/event_text.h"

namespace metronome::cli {
namespace {

constexpr std::int64_t kMemoryBytes = std::int64_t{1} << 30;
constexpr std::int64_t kMostValues = 1 << 24;

/// `buffer:64` zeros, `buffer:64:count` 0, 1, 2 ... as fp32; anything else is a number.
struct BufferParameter {
  gpu::Address address = 0;
  std::int64_t values = 0;
  std::string text;
};

std::int64_t whole_number(const std::string& text, const std::string& field, std::int64_t most) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0 || value > most) {
    throw UsageError(fmt::format("--parameter: {}: found {}, allowed 0 to {}", field,
                                 runtime::printable(text), most));
  }
  return value;
}

BufferParameter allocate(const std::string& text, gpu::DeviceMemory& memory) {
  std::istringstream words(text.substr(text.find(':') + 1));
  std::string count;
  std::string fill;
  std::getline(words, count, ':');
  std::getline(words, fill);
  if (!fill.empty() && fill != "count") {
    throw UsageError("--parameter: fill: found " + runtime::printable(fill) + ", expected count");
  }
  BufferParameter buffer;
  buffer.text = text;
  buffer.values = whole_number(count, "values", kMostValues);
  buffer.address = memory.allocate(text, buffer.values * 4);
  const std::span<float> values = memory.view<float>(buffer.address, buffer.values);
  for (std::size_t n = 0; n < values.size() && fill == "count"; ++n) {
    values[n] = static_cast<float>(n);
  }
  return buffer;
}

std::string values_text(const BufferParameter& buffer, gpu::DeviceMemory& memory) {
  constexpr std::int64_t kShown = 8;
  std::string text;
  const std::int64_t shown = std::min(buffer.values, kShown);
  for (float value : memory.view<float>(buffer.address, shown)) {
    text += fmt::format("{}{}", text.empty() ? "" : " ", value);
  }
  return text + (buffer.values > kShown ? " ..." : "");
}

std::string slots_text(const gpu::Gpu& machine) {
  const auto slots = machine.slot_cycles();
  std::int64_t all = 0;
  for (std::int64_t cycles : slots) all += cycles;
  std::vector<std::vector<std::string>> rows;
  for (std::size_t r = 0; r < slots.size(); ++r) {
    if (slots[r] == 0) continue;
    const gpu::StallInfo& reason = gpu::info(static_cast<gpu::StallReason>(r));
    rows.push_back({std::string(reason.name), grouped(slots[r]),
                    percent_text(static_cast<double>(slots[r]), static_cast<double>(all)),
                    std::string(reason.sentence)});
  }
  return table({"issue slots", ">cycles", ">share", ""}, rows, 0);
}

int run(const Arguments& arguments) {
  const std::string& path = arguments.operand();
  const std::string machine = arguments.text("machine", "gpu:teaching");
  if (machine.substr(0, 4) != "gpu:") {
    throw UsageError("--machine: found " + runtime::printable(machine) + ", expected gpu:NAME");
  }
  const gpu::GpuSpec spec = runtime::gpu_of(machine.substr(4));
  const runtime::MappedFile file(path);
  const gpu::Kernel kernel = gpu::parse_kernel(file.text(), path);

  gpu::Gpu device("gpu", spec, kMemoryBytes);
  gpu::Launch launch;
  launch.kernel = &kernel;
  launch.name = kernel.name;
  launch.ctas = arguments.integer("ctas", 1, 1, 1 << 20);
  std::vector<BufferParameter> buffers;
  for (const std::string& text : arguments.texts("parameter")) {
    if (text.starts_with("buffer:")) {
      buffers.push_back(allocate(text, device.memory()));
      launch.parameters.push_back(buffers.back().address);
    } else {
      launch.parameters.push_back(
          static_cast<std::uint64_t>(whole_number(text, "number", INT64_MAX)));
    }
  }
  gpu::Conditions conditions = gpu::Conditions::seeded(
      static_cast<std::uint64_t>(arguments.integer("machine-seed", 0, 0, INT64_MAX)));
  device.reset(conditions);
  waveforms::EventText events([](std::string_view line) { put(line); }, device.now());
  if (arguments.has("events")) device.observe(&events);
  const gpu::RunTiming timing = device.run(std::span(&launch, 1), gpu::LaunchMode::kGraph);
  events.on_end(device.now());

  const gpu::LaunchTiming& t = timing.launches.front();
  put(fmt::format("\n{}: {} on {}: {} cycles after a launch gap of {}, {}\n\n", kernel.name,
                  counted(launch.ctas, "CTA"), spec.name, grouped(t.busy_cycles()),
                  grouped(t.gap_cycles()),
                  counted(device.instructions_issued(), "warp instruction")));
  put(slots_text(device));
  for (const BufferParameter& buffer : buffers) {
    put(fmt::format("\n{}: {}\n", buffer.text, values_text(buffer, device.memory())));
  }
  return kOk;
}

}  // namespace

Command kernel_command() {
  return {"kernel",
          "FILE",
          "run one GPU kernel, written as text, and show what happens",
          "Assembles FILE, a kernel of warp instructions with their control bits, launches it on a "
          "GPU and shows what its issue slots were used for and what stands in its buffers. With "
          "--events, every event is told with its cycle and its place.",
          "  metronome kernel programs/gpu_kernels/ten_instructions.gpu --events \\\n"
          "      --parameter buffer:32:count --parameter buffer:32",
          {{"machine", "gpu:NAME", "a preset, gpu:teaching unless said otherwise, or a GPU file"},
           {"ctas", "N", "CTAs of the grid, 1 unless said otherwise"},
           {"parameter", "P",
            "the kernel's next parameter: a number, or buffer:N for N fp32 zeros, or "
            "buffer:N:count for 0, 1, 2 ...",
            true},
           {"events", "", "tell every event"},
           {"machine-seed", "N", "of everything that differs from run to run"}},
          run};
}

}  // namespace metronome::cli
