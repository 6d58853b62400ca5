// SPDX-License-Identifier: Apache-2.0
// The speed table, as text and as JSON. Usage: metronome_speed [--json FILE] [ROW...]
#include <fmt/core.h>

#include <array>
#include <cstdio>
#include <exception>
#include <fstream>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

#include "tests/bench/speed_rows.h"

int sc_main(int, char**) { return 0; }

namespace {

using namespace metronome::bench;

constexpr const char* kOne = "--one";  // measures one row here and prints it as JSON

const RowMaker* maker(const std::string& name) {
  for (const RowMaker& row : kRows) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

SpeedRow measured_apart(const std::string& program, const std::string& name) {
  const std::string command = "'" + program + "' " + kOne + " " + name;
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  if (!pipe) throw std::runtime_error("cannot start " + command);
  std::string text;
  std::array<char, 4096> buffer{};
  while (const std::size_t n = fread(buffer.data(), 1, buffer.size(), pipe.get())) {
    text.append(buffer.data(), n);
  }
  return row_from_json(text);
}

int usage() {
  fmt::print(stderr, "usage: metronome_speed [--json FILE] [ROW...]\n");
  for (const RowMaker& row : kRows) fmt::print(stderr, "  {:<14} {}\n", row.name, row.sentence);
  return 2;
}

int run(const std::string& program, const std::vector<std::string>& words) {
  std::string json_file;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--json" && i + 1 < words.size()) {
      json_file = words[++i];
    } else if (maker(words[i]) != nullptr) {
      names.push_back(words[i]);
    } else {
      return usage();
    }
  }
  if (names.empty()) {
    for (const RowMaker& row : kRows) names.emplace_back(row.name);
  }
  std::vector<SpeedRow> rows;
  for (const std::string& name : names) rows.push_back(measured_apart(program, name));
  fmt::print("{}", table(rows));
  if (!json_file.empty()) std::ofstream(json_file) << to_json(rows) << "\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() == 2 && words[0] == kOne && maker(words[1]) != nullptr) {
      fmt::print("{}\n", to_json(maker(words[1])->make()));
      return 0;
    }
    return run(argv[0], words);
  } catch (const std::exception& error) {
    fmt::print(stderr, "metronome_speed: {}\n", error.what());
    return 2;
  }
}
