// SPDX-License-Identifier: Apache-2.0
#include "waveforms/gpu_signals.h"

#include <algorithm>
#include <charconv>

namespace metronome::waveforms {
namespace {

constexpr std::string_view kSlots = "slots.";

struct Counted {
  std::string_view kind;
  std::size_t signal;
};

// In the order of signals_of().
constexpr Counted kL1Counts[] = {{"l1.hits", 0},   {"l1.merges", 1},  {"l1.misses", 2},
                                 {"l1.writes", 3}, {"l1.atomics", 4}, {"l1.replies", 5},
                                 {"l1.acks", 6}};
constexpr std::size_t kL1Line = 7;
constexpr std::size_t kL1Mshrs = 8;
constexpr Counted kL2Counts[] = {
    {"l2.requests", 0}, {"l2.hits", 1}, {"l2.misses", 2}, {"l2.far_reads", 3}};
constexpr std::size_t kL2Line = 4;
constexpr std::size_t kL2Queue = 5;
constexpr std::size_t kL2Mshrs = 6;

/// The word behind `name` in `text`.
std::string_view word_behind(std::string_view text, std::string_view name) {
  const std::size_t at = text.find(name);
  if (at == std::string_view::npos) return {};
  const std::size_t begin = at + name.size();
  return text.substr(begin, std::min(text.find(' ', begin), text.size()) - begin);
}

std::int64_t number_in(std::string_view word) {
  const bool hex = word.starts_with("0x");
  if (hex) word.remove_prefix(2);
  std::uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(word.data(), word.data() + word.size(), number, hex ? 16 : 10);
  return error == std::errc{} ? static_cast<std::int64_t>(number) : -1;
}

GpuChange number(std::size_t signal, std::int64_t value, std::int64_t cycles = 0) {
  return {signal, value, {}, false, cycles};
}

GpuChange text(std::size_t signal, std::string_view value, std::int64_t cycles = 0) {
  return {signal, 0, std::string(value), false, cycles};
}

std::string without_blanks(std::string_view words) {
  std::string out(words);
  std::erase(out, ' ');
  return out;
}

/// Of a text such as `warp 3 pc 17 FFMA R5, R2, R3, R4`; a guard in front of the mnemonic goes to
/// its operands.
std::vector<GpuChange> issue_of(const hw::ActivityEvent& event) {
  if (event.text.find(" pc ") == std::string_view::npos) return {};
  const std::int64_t warp = number_in(word_behind(event.text, "warp "));
  const std::string_view pc = word_behind(event.text, "pc ");
  const std::size_t behind = event.text.find(" pc ") + std::string_view(" pc ").size() + pc.size();
  std::string_view rest = event.text.substr(std::min(behind + 1, event.text.size()));
  std::string operands;
  if (rest.starts_with('@')) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    operands = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  const std::size_t end = std::min(rest.find(' '), rest.size());
  operands += without_blanks(rest.substr(end));
  const std::int64_t busy = std::max<std::int64_t>(1, event.duration_cycles);
  return {text(0, rest.substr(0, end), busy), number(1, warp, busy), number(2, number_in(pc), busy),
          text(3, operands.empty() ? "-" : operands, busy), text(4, "issued")};
}

std::vector<GpuChange> sub_core_changes(const hw::ActivityEvent& event) {
  if (event.kind == "sm.instructions") return issue_of(event);
  if (event.kind.starts_with(kSlots) && event.level > 0)
    return {text(4, event.kind.substr(kSlots.size()))};
  return {};
}

template <std::size_t N>
std::vector<GpuChange> cache_changes(const Counted (&counts)[N], std::size_t line,
                                     const hw::ActivityEvent& event) {
  for (const Counted& counted : counts) {
    if (shown_as(event.kind) != counted.kind) continue;
    return {{counted.signal, event.amount, {}, true, 1},
            number(line, number_in(word_behind(event.text, "line ")), 1)};
  }
  return {};
}

std::vector<GpuChange> l1_changes(const hw::ActivityEvent& event) {
  if (event.kind == "l1.mshrs") return {number(kL1Mshrs, event.level)};
  return cache_changes(kL1Counts, kL1Line, event);
}

std::vector<GpuChange> l2_changes(const hw::ActivityEvent& event) {
  if (event.kind == "l2.queue") return {number(kL2Queue, event.level)};
  if (event.kind == "l2.mshrs") return {number(kL2Mshrs, event.level)};
  return cache_changes(kL2Counts, kL2Line, event);
}

/// `read bank 3 row 17`, of a kind such as `dram.row_hits`.
std::vector<GpuChange> dram_changes(const hw::ActivityEvent& event) {
  if (event.kind == "dram.queue") return {number(3, event.level)};
  const std::string access =
      std::string(event.text.substr(0, event.text.find(' '))) + "." +
      std::string(event.kind.substr(std::min(event.kind.size(), std::string_view("dram.").size())));
  return {text(0, access, 1), number(1, number_in(word_behind(event.text, "bank ")), 1),
          number(2, number_in(word_behind(event.text, "row ")), 1)};
}

std::vector<GpuChange> dispatcher_changes(const hw::ActivityEvent& event) {
  if (event.kind == "launches.running" && event.level == 0) return {text(0, "-"), number(1, 0)};
  if (event.kind == "launches") {
    return {text(0, event.text.substr(0, event.text.find(' '))), number(1, 1)};
  }
  return {};
}

}  // namespace

std::string_view shown_as(std::string_view kind) {
  return kind == "l2.copy_hits" ? "l2.hits" : kind;
}

GpuComponent component_of(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  const std::string_view last = dot == std::string_view::npos ? path : path.substr(dot + 1);
  if (path == "dispatcher") return GpuComponent::kDispatcher;
  if (last.starts_with("sm_")) return GpuComponent::kSm;
  if (last.starts_with("sub_core_")) return GpuComponent::kSubCore;
  if (last == "memory_stage") return GpuComponent::kMemoryStage;
  if (last == "l1") return GpuComponent::kL1;
  if (path.starts_with("l2.slice_")) return GpuComponent::kL2Slice;
  if (path.starts_with("dram.channel_")) return GpuComponent::kDramChannel;
  return GpuComponent::kNone;
}

std::vector<GpuSignal> signals_of(GpuComponent component) {
  switch (component) {
    case GpuComponent::kDispatcher:
      return {{"kernel", 0, -1}, {"running", 1}};
    case GpuComponent::kSm:
      return {{"resident_ctas", 8}};
    case GpuComponent::kSubCore:
      return {{"op", 0, -1, true},
              {"warp", 8, -1},
              {"pc", 32, -1},
              {"operands", 0, -1},
              {"stall", 0, -1, true}};
    case GpuComponent::kMemoryStage:
      return {{"shared_warp", 8, -1}, {"shared_passes", 8}};
    case GpuComponent::kL1:
      return {{"hits", 8},    {"merges", 8}, {"misses", 8},    {"writes", 8}, {"atomics", 8},
              {"replies", 8}, {"acks", 8},   {"line", 64, -1}, {"mshrs", 16}};
    case GpuComponent::kL2Slice:
      return {{"requests", 8},  {"hits", 8},   {"misses", 8}, {"far_reads", 8},
              {"line", 64, -1}, {"queue", 16}, {"mshrs", 16}};
    case GpuComponent::kDramChannel:
      return {{"access", 0, -1, true}, {"bank", 8, -1}, {"row", 64, -1}, {"queue", 16}};
    case GpuComponent::kNone:
      break;
  }
  return {};
}

std::vector<GpuChange> changes_of(GpuComponent component, const hw::ActivityEvent& event) {
  switch (component) {
    case GpuComponent::kDispatcher:
      return dispatcher_changes(event);
    case GpuComponent::kSm:
      if (event.kind != "sm.resident_ctas") return {};
      return {number(0, event.level)};
    case GpuComponent::kSubCore:
      return sub_core_changes(event);
    case GpuComponent::kMemoryStage:
      if (event.kind != "shared.accesses") return {};
      return {number(0, number_in(word_behind(event.text, "warp ")), event.duration_cycles),
              number(1, event.duration_cycles, event.duration_cycles)};
    case GpuComponent::kL1:
      return l1_changes(event);
    case GpuComponent::kL2Slice:
      return l2_changes(event);
    case GpuComponent::kDramChannel:
      return dram_changes(event);
    case GpuComponent::kNone:
      break;
  }
  return {};
}

bool is_default(std::string_view path, int sm) {
  const std::string name = "sm_" + std::to_string(sm);
  return path == "dispatcher" || path == name || path.starts_with(name + ".") ||
         path == "l2.slice_0" || path == "l2.slice_1" || path == "dram.channel_0";
}

}  // namespace metronome::waveforms
