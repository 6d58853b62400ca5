// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/run_document.h"

#include <boost/json.hpp>
#include <fstream>
#include <iterator>

#include "runtime/tokenizers/refuse.h"

namespace metronome::cli {
namespace {

namespace json = boost::json;
using runtime::refuse;

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
  std::int64_t integer(const char* name) const { return integer_of(at(name), name); }
  double real(const char* name) const {
    const json::value& v = at(name);
    if (!v.is_number()) refuse(path_, name, "found no number");
    return v.to_number<double>();
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
      all.push_back(static_cast<std::int32_t>(integer_of(v, name)));
    });
    return all;
  }
  std::int64_t integer_of(const json::value& v, const char* name) const {
    if (!v.is_int64()) refuse(path_, name, "found no whole number");
    return v.get_int64();
  }

 private:
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
  run.context = fields.integer("context");
  run.prompt_ids = fields.ids("prompt_ids");
  run.generated_ids = fields.ids("generated_ids");
  run.sampling.temperature = fields.real("temperature");
  run.sampling.top_p = fields.real("top_p");
  run.sampling.seed = static_cast<std::uint64_t>(fields.integer("seed"));
  fields.each("tokens", [&](const json::value& token) {
    if (!token.is_object()) refuse(path, "tokens", "found no object");
    run.cycles.push_back(Fields(path, token.get_object()).integer("simulated_cycles"));
  });
  if (run.prompt_ids.empty()) refuse(path, "prompt_ids", "found none");
  return run;
}

}  // namespace

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
    document.comparison =
        ComparisonDocument{path, fields.text("model_file"), fields.text("prompt"), text};
  } else {
    refuse(path, "schema",
           "found " + runtime::printable(schema) +
               ", expected metronome.run/1 or metronome.compare/1");
  }
  return document;
}

}  // namespace metronome::cli
