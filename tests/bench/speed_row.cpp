// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/speed_row.h"

#include <fmt/core.h>

#include <boost/json.hpp>

namespace metronome::bench {
namespace {

namespace json = boost::json;

std::string scaled(double value) {
  constexpr struct {
    double factor;
    const char* prefix;
  } kPrefixes[] = {{1e9, "G"}, {1e6, "M"}, {1e3, "k"}};
  for (const auto& p : kPrefixes) {
    if (value >= p.factor) return fmt::format("{:.2f} {}", value / p.factor, p.prefix);
  }
  return fmt::format("{:.3g} ", value);
}

json::object object_of(const Measure& m) {
  return {{"amount", m.amount}, {"seconds", m.seconds}, {"rate", m.rate()}};
}

Measure measure_of(const json::value& v) {
  return {v.at("amount").as_double(), v.at("seconds").as_double()};
}

json::object object_of(const SpeedRow& row) {
  json::object all{{"name", row.name}, {"unit", row.unit}, {"measure", object_of(row.measure)}};
  if (row.beside) {
    all["beside"] = {{"what", row.beside->what}, {"measure", object_of(row.beside->measure)}};
    all["ratio"] = *row.ratio();
  }
  all["note"] = row.note;
  return all;
}

}  // namespace

std::string to_json(const SpeedRow& row) { return json::serialize(object_of(row)); }

std::string to_json(const std::vector<SpeedRow>& rows) {
  json::array all;
  for (const SpeedRow& row : rows) all.emplace_back(object_of(row));
  return json::serialize(json::object{{"rows", all}});
}

SpeedRow row_from_json(const std::string& text) {
  const json::value v = json::parse(text);
  SpeedRow row{json::value_to<std::string>(v.at("name")), json::value_to<std::string>(v.at("unit")),
               measure_of(v.at("measure")), std::nullopt,
               json::value_to<std::string>(v.at("note"))};
  if (const json::value* beside = v.as_object().if_contains("beside")) {
    row.beside =
        Beside{json::value_to<std::string>(beside->at("what")), measure_of(beside->at("measure"))};
  }
  return row;
}

std::string table(const std::vector<SpeedRow>& rows) {
  std::string text = fmt::format("{:<16} {:>12} {:>9}  {:<34} {}\n", "row", "work", "wall", "rate",
                                 "beside it, in the same process");
  for (const SpeedRow& row : rows) {
    text += fmt::format("{:<16} {:>12} {:>8.3f}s  {:<34}", row.name, scaled(row.measure.amount),
                        row.measure.seconds, scaled(row.measure.rate()) + row.unit + "/s");
    if (row.beside) {
      text += fmt::format(" {}: {}{}/s; ratio {:.3f}", row.beside->what,
                          scaled(row.beside->measure.rate()), row.unit, *row.ratio());
    }
    text += "\n";
    if (!row.note.empty()) text += fmt::format("{:<16} {}\n", "", row.note);
  }
  return text;
}

}  // namespace metronome::bench
