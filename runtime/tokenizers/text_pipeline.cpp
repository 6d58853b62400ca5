// SPDX-License-Identifier: Apache-2.0
#include "runtime/tokenizers/text_pipeline.h"

#include <fmt/format.h>

#include "runtime/tokenizers/refuse.h"
#include "runtime/tokenizers/splitter.h"

namespace metronome::runtime {
namespace {

namespace json = boost::json;

constexpr std::string_view kSpace = "\xE2\x96\x81";  // U+2581

// A step, or the steps of a Sequence, in order. `list` is what the Sequence calls them.
std::vector<JsonFields> steps_of(const JsonFields& top, std::string_view key,
                                 std::string_view list) {
  std::vector<JsonFields> steps;
  const auto step = top.fields(key);
  if (!step) return steps;
  if (step->require_text("type") != "Sequence") return {*step};
  const json::value* items = step->find(list);
  if (items == nullptr || !items->is_array()) step->refuse_field(list, "an array wanted");
  for (const json::value& item : items->get_array()) {
    steps.emplace_back(item, top.source(), fmt::format("{}.{}", key, list));
  }
  return steps;
}

[[noreturn]] void refuse_step(const JsonFields& step, const std::string& type) {
  step.refuse_field("type", fmt::format("'{}' is not supported here", printable(type)));
}

bool replaces_space(const JsonFields& step) {
  const auto pattern = step.fields("pattern");
  return pattern && pattern->text("String").value_or("") == " " &&
         step.text("content").value_or("") == kSpace;
}

// How the steps found so far treat spaces and words.
struct Pipeline {
  bool escapes_spaces = false;
  bool byte_level = false;
  bool digits = false;
  std::string splitter;
};

void read_normalizers(const JsonFields& top, TokenizerData& data, Pipeline& pipeline) {
  for (const JsonFields& step : steps_of(top, "normalizer", "normalizers")) {
    const std::string type = step.require_text("type");
    if (type == "Prepend" && step.text("prepend").value_or("") == kSpace) {
      data.prefix = SpacePrefix::kAlways;
    } else if (type == "Replace" && replaces_space(step)) {
      pipeline.escapes_spaces = true;
    } else if (type == "NFC") {
      data.notes.emplace_back(
          "tokenizer.json: NFC not applied, texts with combining marks should come composed");
    } else {
      refuse_step(step, type);
    }
  }
}

void read_metaspace(const JsonFields& step, TokenizerData& data, Pipeline& pipeline) {
  if (step.text("replacement").value_or(std::string(kSpace)) != kSpace) {
    step.refuse_field("replacement", "only U+2581 is supported");
  }
  const bool older = step.boolean("add_prefix_space").value_or(true);
  const std::string scheme = step.text("prepend_scheme").value_or(older ? "always" : "never");
  if (scheme != "always" && scheme != "first" && scheme != "never") {
    step.refuse_field("prepend_scheme", fmt::format("found '{}'", printable(scheme)));
  }
  data.prefix = scheme == "never" ? SpacePrefix::kNone : SpacePrefix::kUnlessSpace;
  data.prefix_first_only = scheme == "first";
  data.split_at_spaces = step.boolean("split").value_or(true);
  pipeline.escapes_spaces = true;
}

void read_split(const JsonFields& step, Pipeline& pipeline) {
  const auto pattern = step.fields("pattern");
  // Gemma cuts at spaces after having replaced them all: nothing to do.
  if (pipeline.escapes_spaces && pattern && pattern->text("String").value_or("") == " ") return;
  const std::string regex = pattern ? pattern->text("Regex").value_or("") : "";
  const auto splitter = splitter_of_regex(regex);
  const bool plain =
      step.text("behavior").value_or("") == "Isolated" && !step.boolean("invert").value_or(false);
  if (!splitter || !plain || !pipeline.splitter.empty()) {
    step.refuse_field("pattern", fmt::format("splitter '{}' is not supported, supported are {}",
                                             printable(regex, 160), kKnownSplitters));
  }
  pipeline.splitter = *splitter;
}

void read_byte_level(const JsonFields& step, TokenizerData& data, Pipeline& pipeline) {
  pipeline.byte_level = true;
  if (step.boolean("add_prefix_space").value_or(true)) data.prefix = SpacePrefix::kUnlessSpace;
  if (!step.boolean("use_regex").value_or(true)) return;
  if (!pipeline.splitter.empty()) refuse_step(step, "ByteLevel with its regex after Split");
  pipeline.splitter = pipeline.digits ? "smollm" : "gpt2";
}

void read_pre_tokenizers(const JsonFields& top, TokenizerData& data, Pipeline& pipeline) {
  for (const JsonFields& step : steps_of(top, "pre_tokenizer", "pretokenizers")) {
    const std::string type = step.require_text("type");
    if (pipeline.byte_level) refuse_step(step, type + " after ByteLevel");
    if (type == "Metaspace") {
      read_metaspace(step, data, pipeline);
    } else if (type == "Split") {
      read_split(step, pipeline);
    } else if (type == "Digits" && step.boolean("individual_digits").value_or(false)) {
      pipeline.digits = true;
    } else if (type == "ByteLevel") {
      read_byte_level(step, data, pipeline);
    } else {
      refuse_step(step, type);
    }
  }
}

}  // namespace

void read_text_pipeline(const JsonFields& tokenizer_json, TokenizerData& data) {
  Pipeline pipeline;
  read_normalizers(tokenizer_json, data, pipeline);
  read_pre_tokenizers(tokenizer_json, data, pipeline);
  if (pipeline.byte_level) {
    if (pipeline.splitter.empty() || pipeline.escapes_spaces ||
        (pipeline.digits && pipeline.splitter != "smollm")) {
      tokenizer_json.refuse_field("pre_tokenizer", "this chain of steps is not supported");
    }
    data.kind = TokenizerKind::kByteLevel;
    data.splitter = pipeline.splitter;
    return;
  }
  if (!pipeline.splitter.empty() || pipeline.digits || !pipeline.escapes_spaces) {
    tokenizer_json.refuse_field(
        "pre_tokenizer",
        "this chain of steps is not supported: ByteLevel, or spaces as U+2581 wanted");
  }
}

bool template_adds_bos(const JsonFields& tokenizer_json) {
  for (const JsonFields& step : steps_of(tokenizer_json, "post_processor", "processors")) {
    if (step.require_text("type") != "TemplateProcessing") continue;
    const json::value* single = step.find("single");
    if (single == nullptr || !single->is_array() || single->get_array().empty()) continue;
    return JsonFields(single->get_array()[0], tokenizer_json.source(), "post_processor.single")
        .has("SpecialToken");
  }
  return false;
}

}  // namespace metronome::runtime
