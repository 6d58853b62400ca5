// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/run_document.h"

#include <fmt/core.h>

#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <limits>

#include "runtime/tokenizers/refuse.h"

namespace metronome::cli {
namespace {

namespace json = boost::json;
using runtime::refuse;

constexpr std::int64_t kMostPositions = std::int64_t{1} << 31;
constexpr std::int64_t kMostCycles = std::int64_t{1} << 40;

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) refuse(path, "file", "cannot be read");
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Fields of one document, each asked for with its type.
class Fields {
 public:
  Fields(const std::string& path, const json::object& fields) : path_(path), fields_(fields) {}

  std::string text(const char* name) const {
    const json::value& v = at(name);
    if (!v.is_string()) refuse(path_, name, "found no text");
    return std::string(v.get_string());
  }
  std::int64_t integer(const char* name, std::int64_t low, std::int64_t high) const {
    return integer_of(at(name), name, low, high);
  }
  double real(const char* name, double low, double high) const {
    const json::value& v = at(name);
    if (!v.is_number()) refuse(path_, name, "found no number");
    const auto value = v.to_number<double>();
    if (value >= low && value <= high) return value;
    refuse(path_, name, fmt::format("found {}, expected {} to {}", value, low, high));
  }
  template <typename Visit>
  void each(const char* name, Visit visit) const {
    const json::value& v = at(name);
    if (!v.is_array()) refuse(path_, name, "found no list");
    for (const json::value& element : v.get_array()) visit(element);
  }
  std::vector<std::int32_t> ids(const char* name) const {
    std::vector<std::int32_t> all;
    each(name, [&](const json::value& v) {
      all.push_back(static_cast<std::int32_t>(
          integer_of(v, name, 0, std::numeric_limits<std::int32_t>::max())));
    });
    return all;
  }
  /// The field, which must be of this kind.
  const json::value& of_kind(const char* name, json::kind kind) const {
    const json::value& v = at(name);
    if (v.kind() != kind) {
      refuse(path_, name,
             fmt::format("found {}, expected {}", json::to_string(v.kind()).data(),
                         json::to_string(kind).data()));
    }
    return v;
  }

 private:
  std::int64_t integer_of(const json::value& v, const char* name, std::int64_t low,
                          std::int64_t high) const {
    if (!v.is_int64()) refuse(path_, name, "found no whole number");
    if (v.get_int64() >= low && v.get_int64() <= high) return v.get_int64();
    refuse(path_, name, fmt::format("found {}, expected {} to {}", v.get_int64(), low, high));
  }
  const json::value& at(const char* name) const {
    const json::value* v = fields_.if_contains(name);
    if (v == nullptr) refuse(path_, name, "is missing; write the file anew with --json");
    return *v;
  }

  const std::string& path_;
  const json::object& fields_;
};

RunDocument run_of(const std::string& path, const json::object& object) {
  const Fields fields(path, object);
  const std::string machine = fields.text("machine");
  if (!machine.starts_with("lpu:")) {
    refuse(path, "machine",
           "found " + runtime::printable(machine) +
               ", a report shows a schedule, which only an LPU has; a document of `metronome "
               "compare --json` brings GPUs beside it");
  }
  RunDocument run;
  run.path = path;
  run.model_file = fields.text("model_file");
  run.chip = fields.text("chip");
  if (machine != "lpu:" + run.chip) {
    refuse(path, "machine",
           fmt::format("found {} beside chip {}", runtime::printable(machine),
                       runtime::printable(run.chip)));
  }
  run.context = fields.integer("context", 1, kMostPositions);
  run.prompt_ids = fields.ids("prompt_ids");
  run.generated_ids = fields.ids("generated_ids");
  run.sampling.temperature = fields.real("temperature", 0.0, 100.0);
  run.sampling.top_p = fields.real("top_p", 1e-9, 1.0);
  run.sampling.seed = static_cast<std::uint64_t>(
      fields.integer("seed", 0, std::numeric_limits<std::int64_t>::max()));
  fields.each("tokens", [&](const json::value& token) {
    if (!token.is_object()) refuse(path, "tokens", "found no object");
    run.cycles.push_back(
        Fields(path, token.get_object()).integer("simulated_cycles", 0, kMostCycles));
  });
  if (run.prompt_ids.empty()) refuse(path, "prompt_ids", "found none");
  return run;
}

/// What the page reads of a comparison.
ComparisonDocument comparison_of(const std::string& path, const json::object& object,
                                 const std::string& text) {
  const Fields fields(path, object);
  ComparisonDocument comparison{path,
                                fields.text("model_file"),
                                fields.text("prompt"),
                                fields.integer("context", 1, kMostPositions),
                                {},
                                text};
  fields.each("machines", [&](const json::value& v) {
    if (!v.is_object()) refuse(path, "machines", "found no object");
    const Fields machine(path, v.get_object());
    comparison.machines.push_back(machine.text("name"));
    machine.integer("clock_hz", 1, std::numeric_limits<std::int64_t>::max());
    for (const char* list : {"runs", "layers", "kernels"}) {
      machine.of_kind(list, json::kind::array);
    }
    for (const char* group : {"token", "accesses", "causes", "time"}) {
      machine.of_kind(group, json::kind::object);
    }
    const Fields token(path, machine.of_kind("token", json::kind::object).get_object());
    token.of_kind("positions", json::kind::array);
    token.of_kind("pooled", json::kind::object);
    const Fields causes(path, machine.of_kind("causes", json::kind::object).get_object());
    causes.of_kind("each", json::kind::array);
    const Fields time(path, machine.of_kind("time", json::kind::object).get_object());
    time.of_kind("parts", json::kind::array);
  });
  if (comparison.machines.empty()) refuse(path, "machines", "found none");
  return comparison;
}

}  // namespace

std::string Document::chip() const {
  constexpr std::string_view kLpu = "lpu:";
  if (run) return run->chip;
  if (!comparison) return "";
  for (const std::string& machine : comparison->machines) {
    if (machine.starts_with(kLpu)) return machine.substr(kLpu.size());
  }
  return "";
}

bool is_document(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  char first = 0;
  return file >> first && first == '{';
}

Document read_document(const std::string& path) {
  const std::string text = text_of(path);
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  if (error || !value.is_object()) refuse(path, "file", "is not a whole JSON document");
  const Fields fields(path, value.get_object());
  const std::string schema = fields.text("schema");
  Document document;
  if (schema == "metronome.run/1") {
    document.run = run_of(path, value.get_object());
  } else if (schema == "metronome.compare/1") {
    document.comparison = comparison_of(path, value.get_object(), text);
  } else {
    refuse(path, "schema",
           "found " + runtime::printable(schema) +
               ", expected metronome.run/1 or metronome.compare/1");
  }
  return document;
}

}  // namespace metronome::cli
