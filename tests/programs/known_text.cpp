// SPDX-License-Identifier: Apache-2.0
#include "tests/programs/known_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>

#include "compiler/lpu/compile.h"
#include "runtime/devices/lpu_device.h"
#include "runtime/devices/reference_device.h"
#include "tests/harness/random_model.h"
#include "tests/programs/plain_model.h"

namespace metronome::testing {
namespace {

std::vector<std::int32_t> ids_of(const boost::json::value& entry, const char* key) {
  return boost::json::value_to<std::vector<std::int32_t>>(entry.at(key));
}

std::vector<std::int32_t> all_ids(const KnownText& text) {
  std::vector<std::int32_t> ids = text.prompt_ids;
  ids.insert(ids.end(), text.generated_ids.begin(), text.generated_ids.end());
  return ids;
}

void expect_known_id(const KnownText& text, std::size_t at, std::span<const float> logits) {
  const std::int32_t wanted = text.generated_ids[at];
  const std::int32_t chosen = harness::largest(logits);
  const auto logit = [&](std::int32_t id) { return logits[static_cast<std::size_t>(id)]; };
  ASSERT_EQ(chosen, wanted) << "prompt '" << text.prompt << "', generated token " << at
                            << ": logits " << logit(chosen) << " and " << logit(wanted)
                            << ", a gap of " << logit(chosen) - logit(wanted);
}

}  // namespace

std::vector<KnownText> read_known_texts(const std::filesystem::path& file) {
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  std::vector<KnownText> all;
  const boost::json::value list = boost::json::parse(text);
  for (const auto& entry : list.as_array()) {
    KnownText known{std::string(entry.at("prompt").as_string()), ids_of(entry, "prompt_ids"),
                    ids_of(entry, "generated_ids"), ""};
    const boost::json::value* stop = entry.as_object().if_contains("stopped_by");
    if (stop != nullptr && stop->is_string()) known.stopped_by = std::string(stop->as_string());
    all.push_back(std::move(known));
  }
  return all;
}

std::optional<std::filesystem::path> stories260k() {
  const char* set = std::getenv("METRONOME_SHARED");
  const std::filesystem::path folder =
      set != nullptr ? std::filesystem::path(set)
                     : std::filesystem::path(METRONOME_SOURCE_DIR) / ".." / "shared";
  if (!std::filesystem::exists(folder / "models" / "stories260K")) return std::nullopt;
  return folder / "models" / "stories260K";
}

void expect_chip_says(const graph::Model& model, const std::vector<KnownText>& texts) {
  const lpu::Image image = compiler::compile(model, lpu::groq1(), {});
  runtime::LpuDevice chip(image);
  std::map<std::string, std::int64_t> cycles;  // by program
  for (const KnownText& text : texts) {
    chip.reset();
    const std::vector<std::int32_t> ids = all_ids(text);
    for (std::size_t i = 0; i + 1 < ids.size(); ++i) {
      const runtime::TokenResult r = chip.step(ids[i]);
      const std::string& program = chip.program_for(r.position).name;
      ASSERT_EQ(r.simulated_cycles, r.predicted_cycles) << program;
      ASSERT_EQ(cycles.emplace(program, r.simulated_cycles).first->second, r.simulated_cycles);
      if (i + 1 < text.prompt_ids.size()) continue;
      expect_known_id(text, i + 1 - text.prompt_ids.size(), r.logits);
      if (::testing::Test::HasFatalFailure()) return;
    }
    std::cout << "'" << text.prompt << "': " << text.generated_ids.size() << " ids as known\n";
  }
  for (const auto& [name, count] : cycles) std::cout << name << ": " << count << " cycles\n";
}

float distance_from_plain(const graph::Model& model, const std::vector<KnownText>& texts,
                          std::size_t tokens_each) {
  const lpu::ChipSpec spec = lpu::groq1();
  runtime::ReferenceDevice reference(model, {spec.lanes(), spec.lanes_per_superlane},
                                     model.config.context);
  float most = 0.0F;
  float largest_logit = 0.0F;
  std::size_t tokens = 0;
  for (const KnownText& text : texts) {
    reference.reset();
    PlainModel plain(model);
    const std::vector<std::int32_t> ids = all_ids(text);
    for (std::size_t i = 0; i < std::min(ids.size(), tokens_each); ++i) {
      const std::vector<float> wanted = plain.step(ids[i]);
      most = std::max(most, largest_difference(reference.step(ids[i]).logits, wanted));
      const std::vector<float> zeros(wanted.size());
      largest_logit = std::max(largest_logit, largest_difference(wanted, zeros));
      ++tokens;
    }
  }
  std::cout << model.source << ": largest |logit difference| from plain fp32 over " << tokens
            << " tokens: " << most << ", largest |logit| " << largest_logit << "\n";
  return most;
}

}  // namespace metronome::testing
