// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>

#include "runtime/probe/probes.h"

namespace metronome::runtime::probe {

bool Table::is_one_of(std::initializer_list<std::string_view> boards) const {
  return std::any_of(boards.begin(), boards.end(), [this](std::string_view b) { return is(b); });
}

std::optional<double> Table::of(std::initializer_list<Published> values) const {
  for (const Published& p : values) {
    if (p.board == board_) return p.value;
  }
  return std::nullopt;
}

void Table::within(std::string_view id, std::string_view test, std::string_view unit, double model,
                   double least, double most, double percent, std::string_view source) {
  ProbeRow row;
  row.id = id;
  row.test = test;
  row.unit = unit;
  row.model = model;
  row.least = least * (1.0 - percent / 100.0);
  row.most = most * (1.0 + percent / 100.0);
  row.published_least = least;
  row.published_most = most;
  row.published =
      least == most ? fmt::format("{:.4g}", least) : fmt::format("{:.4g} to {:.4g}", least, most);
  row.tolerance = percent == 0.0 ? "exact" : fmt::format("{:.3g} %", percent);
  row.source = source;
  rows_.push_back(std::move(row));
}

void Table::near(std::string_view id, std::string_view test, std::string_view unit, double model,
                 double value, double percent, std::string_view source) {
  within(id, test, unit, model, value, value, percent, source);
}

void Table::off_by(std::string_view id, std::string_view test, std::string_view unit, double model,
                   double value, double distance, std::string_view source) {
  within(id, test, unit, model, value, value, 0.0, source);
  rows_.back().least = value - distance;
  rows_.back().most = value + distance;
  rows_.back().tolerance = fmt::format("{:.3g}", distance);
}

void Table::report(std::string_view id, std::string_view test, std::string_view unit, double model,
                   double value, double percent, std::string_view source) {
  near(id, test, unit, model, value, percent, source);
  rows_.back().judged = false;
}

}  // namespace metronome::runtime::probe
