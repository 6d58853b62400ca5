// SPDX-License-Identifier: Apache-2.0
#include "waveforms/gtkwave_view.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hw/isa/error.h"
#include "hw/isa/lpu/opcode.h"
#include "waveforms/cycle_clock.h"

namespace metronome::waveforms {

namespace fs = std::filesystem;
using lpu::Hemisphere;
using lpu::Unit;

namespace {

constexpr std::int64_t kShort = 100;  // cycles that are shown whole
// Cycles on the screen at first, so that names fit.
constexpr std::int64_t kFirstSight = Activity::kCyclesPerBucket;
constexpr double kWavePixels = 1250;  // width of the wave area
constexpr double kFramePixels = 200;  // GTKWave's zoom is per that many

// Rows shown of each kind: what a window of the size below can hold.
constexpr std::size_t kOpenQueues = 4;
constexpr std::size_t kOpenAlus = 6;
constexpr std::size_t kOpenStreams = 3;

// GTKWave's colours of waves.
constexpr int kOrange = 2;
constexpr int kYellow = 3;
constexpr int kGreen = 4;
constexpr int kViolet = 7;

// Row flags of GTKWave save files: right-justified hexadecimal is 22, and so on.
constexpr const char* kBinary = "@28";
constexpr const char* kDecimal = "@24";
constexpr const char* kHex = "@22";
constexpr const char* kText = "@20";
constexpr const char* kTranslated = "@2022";

struct Row {
  std::pair<std::int64_t, std::int64_t> activity;  // at first sight, in all
  std::string lines;
};

class View {
 public:
  explicit View(const TraceSummary& trace)
      : trace_(trace),
        infos_(lpu::queues(trace.spec)),
        clock_(trace.spec.clock_hz),
        bucket_(liveliest()) {}

  std::string text();
  std::string opcode_names() const;
  fs::path beside(const char* extension) const {
    fs::path path = trace_.path;
    return path.replace_extension(extension);
  }

 private:
  template <typename... Args>
  void put(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
    out_ += '\n';
  }
  std::int64_t liveliest() const;
  void put_window();
  void put_group(const std::string& name, bool open, const std::vector<Row>& rows);
  void put_rows(const std::string& name, std::vector<Row> rows, std::size_t shown);
  void put_units(const char* name, std::string_view prefix, int colour, std::size_t shown);
  void put_streams();
  Row queue_row(std::size_t index, int colour) const;

  const TraceSummary& trace_;
  std::vector<lpu::QueueInfo> infos_;
  CycleClock clock_;
  std::int64_t bucket_;  // shown at first
  std::string out_;
};

/// The stretch in which most units are at work, each kind counted up to the rows it is given.
std::int64_t View::liveliest() const {
  std::int64_t best = 0;
  std::size_t best_score = 0;
  for (std::int64_t bucket = 0; bucket < trace_.queue_activity.buckets(); ++bucket) {
    std::map<std::string, std::size_t> busy;  // queues, by kind
    for (std::size_t i = 0; i < trace_.signals.queues.size(); ++i) {
      if (trace_.queue_activity.count(bucket, i) == 0) continue;
      const std::string& path = infos_[static_cast<std::size_t>(trace_.signals.queues[i])].path;
      ++busy[path.substr(0, path.find('.'))];
    }
    std::size_t score = 0;
    for (const auto& [kind, count] : busy) score += std::min(count, kOpenQueues);
    if (score <= best_score) continue;
    best = bucket;
    best_score = score;
  }
  return best;
}

/// A short trace fills the window; a long one opens where most is going on.
void View::put_window() {
  const std::int64_t cycles = trace_.end_cycle - trace_.first_cycle;
  const bool fits = cycles <= kShort;
  const std::int64_t from = fits ? trace_.first_cycle : trace_.queue_activity.start_of(bucket_);
  const double span = static_cast<double>(clock_.start_ps(fits ? cycles : kFirstSight)) *
                      kFramePixels / kWavePixels;
  put("[dumpfile] \"{}\"", trace_.path.filename().string());
  put("[timestart] {}", clock_.start_ps(from));
  put("[size] 1600 1000");
  put("[pos] 0 0");
  std::string unused_markers;
  for (char name = 'a'; name <= 'z'; ++name) unused_markers += " -1";
  put("*{:.6f} {}{}", -std::log2(span), clock_.start_ps(from), unused_markers);
  put("[sst_expanded] 0");
  put("[signals_width] 230");
}

void View::put_group(const std::string& name, bool open, const std::vector<Row>& rows) {
  put("{}\n-{}", open ? "@800200" : "@c00200", name);
  for (const Row& row : rows) out_ += row.lines;
  put("{}\n-{}", open ? "@1000200" : "@1401200", name);
}

/// The busiest rows in the order of the chip; the others in a closed group.
void View::put_rows(const std::string& name, std::vector<Row> rows, std::size_t shown) {
  if (rows.empty()) return;
  std::vector<std::pair<std::int64_t, std::int64_t>> activity;
  activity.reserve(rows.size());
  for (const Row& row : rows) activity.push_back(row.activity);
  std::sort(activity.rbegin(), activity.rend());
  const auto least = activity[std::min(shown, activity.size()) - 1];
  std::vector<Row> busy;
  std::vector<Row> rest;
  for (Row& row : rows) {
    const bool open = row.activity >= least && row.activity.second > 0 && busy.size() < shown;
    (open ? busy : rest).push_back(std::move(row));
  }
  if (!busy.empty()) put_group(name, true, busy);
  if (!rest.empty()) put_group(name + (busy.empty() ? ", idle" : ", others"), false, rest);
}

Row View::queue_row(std::size_t index, int colour) const {
  const auto& info = infos_[static_cast<std::size_t>(trace_.signals.queues[index])];
  std::string name = info.path;  // GTKWave would show what stands behind the last dot only
  std::replace(name.begin(), name.end(), '.', ' ');
  std::string lines = fmt::format("[color] {}\n+{{{}}} {}", colour, name, path_of(info));
  if (trace_.strings) {
    lines = fmt::format("{}\n{}.op\n", kText, lines);
  } else {
    lines = fmt::format("{}\n^1 {}\n{}.opcode[7:0]\n", kTranslated,
                        beside(".opcodes.txt").filename().string(), lines);
  }
  return {{trace_.queue_activity.count(bucket_, index), trace_.queue_issues[index]},
          std::move(lines)};
}

void View::put_units(const char* name, std::string_view prefix, int colour, std::size_t shown) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < trace_.signals.queues.size(); ++i) {
    const auto& info = infos_[static_cast<std::size_t>(trace_.signals.queues[i])];
    if (info.path.starts_with(prefix)) rows.push_back(queue_row(i, colour));
  }
  put_rows(name, std::move(rows), shown);
}

void View::put_streams() {
  std::vector<lpu::Position> columns;
  for (const StreamRegister& reg : trace_.signals.registers) columns.push_back(reg.position);
  std::sort(columns.begin(), columns.end());
  columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
  const auto centre = std::find(columns.begin(), columns.end(), trace_.spec.vxm_position());
  if (centre != columns.end()) std::rotate(columns.begin(), centre, centre + 1);
  for (const lpu::Position x : columns) {
    for (const lpu::Direction d : {lpu::Direction::kEast, lpu::Direction::kWest}) {
      std::vector<Row> rows;
      for (std::size_t i = 0; i < trace_.signals.registers.size(); ++i) {
        const StreamRegister& reg = trace_.signals.registers[i];
        if (reg.position != x || reg.direction != d) continue;
        rows.push_back({{trace_.register_activity.count(bucket_, i), trace_.register_values[i]},
                        fmt::format("{}\n[color] {}\n+{{{}{} at x_{:02}}} {}.data[127:0]\n", kHex,
                                    kGreen, lpu::letter(d), reg.stream, x, path_of(reg))});
      }
      const bool at_vxm = x == trace_.spec.vxm_position();
      put_rows(fmt::format("Streams {} at {}", d == lpu::Direction::kEast ? "east" : "west",
                           at_vxm ? "the VXM" : fmt::format("x_{:02}", x)),
               std::move(rows), kOpenStreams);
    }
  }
}

std::string View::text() {
  put_window();
  put("{}\nlpu.clock\n{}\nlpu.cycle[63:0]", kBinary, kDecimal);
  put_units("MEM west", "mem_w", kGreen, kOpenQueues);
  put_units("MEM east", "mem_e", kGreen, kOpenQueues);
  put_units("MXM", "mxm", kOrange, kOpenQueues);
  put_units("VXM", "vxm", kYellow, kOpenAlus);
  put_units("SXM", "sxm", kViolet, kOpenQueues);
  put_units("C2C", "c2c", kViolet, kOpenQueues);
  put_streams();
  return std::move(out_);
}

/// A translation file: number as displayed, colour, name.
std::string View::opcode_names() const {
  const auto colour = [](Unit unit) {
    switch (unit) {
      case Unit::kMem:
        return "SteelBlue4";
      case Unit::kVxm:
        return "DarkOliveGreen";
      case Unit::kMxmWeights:
      case Unit::kMxmActivations:
      case Unit::kMxmAccumulate:
        return "firebrick4";
      default:
        return "DarkOrchid4";
    }
  };
  std::string names;
  for (const lpu::OpcodeInfo& op : lpu::opcodes()) {
    names += fmt::format("{:02X} ?{}?{}\n", static_cast<unsigned>(op.opcode), colour(op.unit),
                         op.mnemonic);
  }
  return names + fmt::format("{:02X} ?black?-\n", kIdleOpcode);
}

void write(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) {
    throw UserError(
        fmt::format("{}: file: cannot be written: {}", path.string(), std::strerror(errno)));
  }
}

}  // namespace

fs::path write_gtkwave_view(const TraceSummary& trace) {
  View view(trace);
  fs::path save = view.beside(".gtkw");
  write(view.beside(".opcodes.txt"), view.opcode_names());
  write(save, view.text());
  return save;
}

}  // namespace metronome::waveforms
