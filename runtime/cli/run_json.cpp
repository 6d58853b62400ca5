// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>

#include <boost/json.hpp>

#include "runtime/cli/image_facts.h"
#include "runtime/cli/json_document.h"
#include "runtime/cli/run_result.h"

namespace metronome::cli {
namespace {

namespace json = boost::json;

constexpr const char* kSchema = "metronome.run/1";

std::int64_t peak_rss_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
  return usage.ru_maxrss;
#else
  return std::int64_t{usage.ru_maxrss} * 1024;
#endif
}

const char* stop_name(runtime::StopReason stop) {
  switch (stop) {
    case runtime::StopReason::kTokens:
      return "tokens";
    case runtime::StopReason::kEnd:
      return "end";
    case runtime::StopReason::kContext:
      return "context";
  }
  return "";
}

json::array tokens_json(const Subject& subject, const RunResult& result) {
  json::array tokens;
  for (const runtime::FedToken& token : result.generation.fed) {
    const json::value program =
        subject.image ? json::value(program_at(*subject.image, token.position).name) : nullptr;
    tokens.push_back(json::object{{"position", token.position},
                                  {"program", program},
                                  {"predicted_cycles", token.predicted_cycles},
                                  {"simulated_cycles", token.simulated_cycles}});
  }
  return tokens;
}

json::array programs_json(const lpu::Image& image) {
  json::array programs;
  for (const lpu::Program& program : image.programs) {
    programs.push_back(json::object{{"name", program.name},
                                    {"context", program.context},
                                    {"predicted_cycles", program.predicted_cycles},
                                    {"instructions", issue_count(program)},
                                    {"text_bytes", text_bytes(program, image.chip)}});
  }
  return programs;
}

json::array counters_json(const hw::Counters& counters) {
  json::array all;
  for (const hw::Counter& counter : counters) {
    all.push_back(json::object{{"name", counter.name},
                               {"unit", counter.unit},
                               {"sentence", counter.sentence},
                               {"value", counter.value}});
  }
  return all;
}

json::object sram_json(const lpu::Image& image) {
  const SramUse use = sram_use(image);
  return {{"total_bytes", image.chip.sram_bytes()},
          {"used_bytes", use.total()},
          {"constant_bytes", use.constants},
          {"cache_bytes", use.cache},
          {"working_bytes", use.working}};
}

void add_image(json::object& all, const Subject& subject, const RunResult& result) {
  const lpu::Image& image = *subject.image;
  all["cycles_match"] = first_mismatch(subject, result).empty();
  all["context"] = image.info.context;
  all["programs"] = programs_json(image);
  all["sram"] = sram_json(image);
  all["streams"] = json::object{{"bytes_per_cycle", stream_bytes_per_cycle(subject, result)},
                                {"peak_bytes_per_cycle", stream_bytes_at_most(image.chip)}};
}

}  // namespace

/// One field a line: readable as it is, and by any JSON reader.
std::string json_report(const Subject& subject, const RunResult& result) {
  const auto* tokenizer = subject.tokenizer.get();
  const std::vector<std::int32_t>& generated = result.generation.ids;
  std::vector<std::int32_t> ids = result.prompt_ids;
  ids.insert(ids.end(), generated.begin(), generated.end());
  json::object all;
  all["schema"] = kSchema;
  all["model"] = subject.name;
  all["model_file"] = subject.model_file;
  all["machine"] = result.device;
  if (result.gpu) {
    all["clock_hz"] = result.gpu->spec.clock_hz;
  } else {
    all["chip"] = subject.chip.name;
    all["clock_hz"] = subject.chip.clock_hz;
  }
  all["precision"] = subject.image ? subject.image->info.precision
                                   : std::string(ops::to_string(subject.precision));
  all["temperature"] = result.sampling.temperature;
  all["top_p"] = result.sampling.top_p;
  all["seed"] = result.sampling.seed;
  all["prompt_ids"] = json::value_from(result.prompt_ids);
  all["generated_ids"] = json::value_from(generated);
  all["text"] = tokenizer->decode(ids);
  all["stopped_by"] = stop_name(result.generation.stop);
  all["tokens"] = tokens_json(subject, result);
  if (subject.image) add_image(all, subject, result);
  if (result.gpu) all["gpu"] = gpu_json(*result.gpu);
  all["compile_seconds"] = subject.compile_seconds;
  all["emulate_seconds"] = result.generation.device_seconds;
  all["instructions_issued"] = result.instructions_issued;
  all["macs"] = result.macs;
  all["peak_rss_bytes"] = peak_rss_bytes();
  all["counters"] = counters_json(result.counters);
  return document_text(all);
}

}  // namespace metronome::cli
