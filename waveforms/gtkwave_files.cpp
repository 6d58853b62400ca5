// SPDX-License-Identifier: Apache-2.0
#include "waveforms/gtkwave_files.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>
#include <utility>

#include "waveforms/cycle_clock.h"

namespace metronome::waveforms {

namespace fs = std::filesystem;

namespace {

constexpr double kWavePixels = 1250;  // width of the wave area
constexpr double kFramePixels = 200;  // GTKWave's zoom is per that many

/// Row flags of GTKWave save files: right-justified (20) hexadecimal (2) is 22, and so on.
const char* flags_of(Look look) {
  switch (look) {
    case Look::kBit:
      return "@28";
    case Look::kText:
      return "@20";
    case Look::kDecimal:
      return "@24";
    case Look::kHex:
      return "@22";
    case Look::kLevel:
      return "@8024";
    case Look::kNamed:
      return "@2022";
  }
  return "@22";
}

/// GTKWave's numbers of the colours of waves.
int number_of(Hue hue) {
  switch (hue) {
    case Hue::kOrange:
      return 2;
    case Hue::kYellow:
      return 3;
    case Hue::kGreen:
      return 4;
    case Hue::kBlue:
      return 5;
    case Hue::kViolet:
      return 7;
    case Hue::kGray:
      return 0;
  }
  return 0;
}

/// Names that X11 knows.
const char* name_of(Box box) {
  switch (box) {
    case Box::kBlack:
      return "black";
    case Box::kGreen:
      return "DarkOliveGreen";
    case Box::kBlue:
      return "SteelBlue4";
    case Box::kRed:
      return "firebrick4";
    case Box::kViolet:
      return "DarkOrchid4";
  }
  return "black";
}

class SaveFile {
 public:
  explicit SaveFile(const ViewPlan& plan) : plan_(plan) {}

  std::string text() {
    put_window();
    for (const bool open : {true, false}) {
      for (std::size_t i = 0; i < plan_.groups.size(); ++i) {
        if (plan_.groups[i].open == open) put_group(plan_.groups[i], i > 0);
      }
    }
    return std::move(out_);
  }

 private:
  template <typename... Args>
  void put(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
    out_ += '\n';
  }

  void put_window() {
    const CycleClock clock(plan_.facts.clock_hz);
    const double span =
        static_cast<double>(clock.start_ps(std::max<std::int64_t>(plan_.cycles_shown, 1))) *
        kFramePixels / kWavePixels;
    const std::int64_t start = clock.start_ps(plan_.first_cycle);
    put("[dumpfile] \"{}\"", plan_.facts.path.filename().string());
    put("[timestart] {}", start);
    put("[size] 1600 1000");
    put("[pos] 0 0");
    std::string unused_markers;
    for (char name = 'a'; name <= 'z'; ++name) unused_markers += " -1";
    put("*{:.6f} {}{}", -std::log2(span), start, unused_markers);
    put("[sst_expanded] 0");
    put("[signals_width] 230");
  }

  void put_group(const ViewGroup& group, bool headed) {
    if (headed) put("{}\n-{}", group.open ? "@800200" : "@c00200", group.name);
    for (const ViewRow& row : group.rows) put_row(row);
    if (headed) put("{}\n-{}", group.open ? "@1000200" : "@1401200", group.name);
  }

  void put_row(const ViewRow& row) {
    const bool named = row.look == Look::kNamed;
    const bool by_fst = named && plan_.tables[row.table].in_fst && is_fst(plan_.facts.path);
    put("{}", flags_of(by_fst ? Look::kText : row.look));
    if (named && !by_fst) put("^1 {}", file_of(plan_.tables[row.table]).filename().string());
    // GTKWave knows a vector by its name with its range only.
    const std::string range = row.width > 1 ? fmt::format("[{}:0]", row.width - 1) : "";
    put("[color] {}\n+{{{}}} {}{}", number_of(row.hue), row.label, row.path, range);
    if (row.look == Look::kLevel) put("@20000\n-");  // a curve takes two rows
  }

 public:
  fs::path file_of(const NamedNumbers& names) const {
    return beside(plan_.facts.path, "." + names.name + ".txt");
  }

 private:
  const ViewPlan& plan_;
  std::string out_;
};

/// Number as displayed, colour, name.
std::string table_text(const NamedNumbers& names) {
  std::string text;
  for (const NamedNumbers::Entry& entry : names.entries) {
    text += fmt::format("{:0{}X} ?{}?{}\n", entry.number, (names.bits + 3) / 4, name_of(entry.box),
                        entry.name);
  }
  return text;
}

}  // namespace

fs::path write_gtkwave_files(const ViewPlan& plan) {
  SaveFile save(plan);
  for (const NamedNumbers& names : plan.tables) write_text(save.file_of(names), table_text(names));
  fs::path path = beside(plan.facts.path, ".gtkw");
  write_text(path, save.text());
  return path;
}

}  // namespace metronome::waveforms
