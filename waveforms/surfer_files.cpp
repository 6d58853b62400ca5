// SPDX-License-Identifier: Apache-2.0
#include "waveforms/surfer_files.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>

#include "hw/isa/error.h"
#include "waveforms/cycle_clock.h"

namespace metronome::waveforms {

namespace fs = std::filesystem;

namespace {

/// Names of Surfer's own themes.
const char* name_of(Hue hue) {
  switch (hue) {
    case Hue::kGreen:
      return "Green";
    case Hue::kOrange:
      return "Orange";
    case Hue::kYellow:
      return "Yellow";
    case Hue::kViolet:
      return "Violet";
    case Hue::kBlue:
      return "Blue";
    case Hue::kGray:
      return "Gray";
  }
  return "Green";
}

const char* rgb_of(Box box) {
  switch (box) {
    case Box::kBlack:
      return "#101010";
    case Box::kGreen:
      return "#556b2f";
    case Box::kBlue:
      return "#36648b";
    case Box::kRed:
      return "#8b1a1a";
    case Box::kViolet:
      return "#68228b";
  }
  return "#101010";
}

/// Parameters are single words.
std::string word(std::string text) {
  std::replace(text.begin(), text.end(), ' ', '_');
  return text;
}

/// Surfer has one folder of translators for all traces beside it, whose tables may differ.
std::string translator_of(const ViewPlan& plan, const NamedNumbers& names) {
  return word(plan.facts.path.stem().string() + "_" + names.name);
}

std::string format_of(const ViewPlan& plan, const ViewRow& row) {
  switch (row.look) {
    case Look::kDecimal:
    case Look::kLevel:
      return "Unsigned";
    case Look::kHex:
      return "Hexadecimal";
    case Look::kNamed:
      return translator_of(plan, plan.tables[row.table]);
    case Look::kBit:
    case Look::kText:
      break;
  }
  return "";
}

/// Surfer calls its items by letters: the hexadecimal digits of their number as a to p.
std::string letters_of(std::size_t item) {
  std::string letters = fmt::format("{:x}", item);
  for (char& c : letters) {
    c = static_cast<char>(c <= '9' ? 'a' + (c - '0') : 'k' + (c - 'a'));
  }
  return letters;
}

std::string commands(const ViewPlan& plan) {
  std::string text;
  std::size_t item = 0;
  for (std::size_t g = 0; g < plan.groups.size(); ++g) {
    const ViewGroup& group = plan.groups[g];
    if (!group.open) continue;
    if (g > 0) {
      text += fmt::format("divider_add {}\n", word(group.name));
      ++item;
    }
    for (const ViewRow& row : group.rows) {
      text += fmt::format("variable_add {}\nitem_focus {}\n", row.path, letters_of(item++));
      const std::string format = format_of(plan, row);
      if (!format.empty()) text += fmt::format("item_set_format {}\n", format);
      text += fmt::format("item_set_color {}\n", name_of(row.hue));
    }
  }
  const CycleClock clock(plan.facts.clock_hz);
  return text + fmt::format("item_unfocus\nzoom_to {} {}\n", clock.start_ps(plan.first_cycle),
                            clock.start_ps(plan.first_cycle + plan.cycles_shown));
}

std::string mapping(const ViewPlan& plan, const NamedNumbers& names) {
  std::string text = fmt::format("Name = {}\nBits = {}\n", translator_of(plan, names), names.bits);
  for (const NamedNumbers::Entry& entry : names.entries) {
    text += fmt::format("0x{:x}[{}] {}\n", entry.number, rgb_of(entry.box), entry.name);
  }
  return text;
}

}  // namespace

fs::path write_surfer_files(const ViewPlan& plan) {
  const fs::path folder = plan.facts.path.parent_path() / ".surfer" / "mappings";
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    throw UserError(
        fmt::format("{}: folder: cannot be created: {}", folder.string(), error.message()));
  }
  for (const NamedNumbers& names : plan.tables) {
    write_text(folder / translator_of(plan, names), mapping(plan, names));
  }
  fs::path path = beside(plan.facts.path, ".sucl");
  write_text(path, commands(plan));
  return path;
}

}  // namespace metronome::waveforms
