// SPDX-License-Identifier: Apache-2.0
// What a viewer shows first of a trace, and in which order: rows in groups, with radix and colour.
// Each viewer's files are written from this.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "waveforms/trace_options.h"
#include "waveforms/wave_writer.h"

namespace metronome::waveforms {

enum class Hue : std::uint8_t { kGreen, kOrange, kYellow, kViolet, kBlue, kGray };

enum class Look : std::uint8_t {
  kBit,
  kText,
  kDecimal,
  kHex,
  kLevel,  // a number drawn as a curve
  kNamed,  // a number with a name and a colour, from a table
};

struct ViewRow {
  std::string path;  // `lpu.mem_w.slice_12.op`
  int width = 1;     // in bits; 0 for strings
  std::string label;
  Look look = Look::kBit;
  Hue hue = Hue::kGreen;
  std::size_t table = 0;  // of kNamed, in the plan's
};

enum class Box : std::uint8_t { kBlack, kGreen, kBlue, kRed, kViolet };

/// Numbers with names, and the colour of the box around each.
struct NamedNumbers {
  struct Entry {
    std::uint64_t number = 0;
    std::string name;
    Box box = Box::kBlack;
  };
  std::string name;  // `opcodes`; part of file names
  int bits = 8;
  bool in_fst = false;  // an FST file has this table itself, which GTKWave prefers to ours
  std::vector<Entry> entries;
};

struct ViewGroup {
  std::string name;
  bool open = true;
  std::vector<ViewRow> rows;
};

struct ViewPlan {
  TraceFacts facts;
  std::int64_t first_cycle = 0;   // in sight at first
  std::int64_t cycles_shown = 0;  // so many of them
  std::vector<ViewGroup> groups;  // the first has no heading; closed ones are shown at the end
  std::vector<NamedNumbers> tables;
};

/// A candidate row and how active it is: at first sight, in all.
struct RankedRow {
  std::pair<std::int64_t, std::int64_t> activity;
  std::vector<ViewRow> rows{};
  std::vector<ViewRow> details{};  // of an open group, in a closed one of their own
};

/// The `shown` most active in the order given, as an open group; the others as a closed one.
void add_ranked(ViewPlan& plan, const std::string& name, std::vector<RankedRow> rows,
                std::size_t shown);

/// A short trace is shown whole, of a long one `cycles` from `start` on, so few that names fit.
void set_window(ViewPlan& plan, std::int64_t start, std::int64_t cycles);

/// `name` with this extension instead of the trace's.
std::filesystem::path beside(const std::filesystem::path& trace, const std::string& extension);
/// Whether something can stand beside this trace: it is no pipe and no device.
bool has_neighbours(const std::filesystem::path& trace);
/// Errors: UserError if it cannot be written; what stood there stays then.
void write_text(const std::filesystem::path& path, const std::string& text);

}  // namespace metronome::waveforms
