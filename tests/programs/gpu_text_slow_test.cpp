// SPDX-License-Identifier: Apache-2.0
// The GPU on published texts: the ids that others wrote down, and logits near plain fp32.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "runtime/devices/gpu_device.h"
#include "runtime/model_files/load_model.h"
#include "tests/harness/random_model.h"
#include "tests/programs/known_text.h"
#include "tests/programs/plain_model.h"

namespace metronome::testing {
namespace {

/// Feeds each text and expects each of its generated ids to be the likeliest. Returns the largest
/// |logit| difference from plain fp32 on the way.
float distance_while_saying(const graph::Model& model, const std::vector<KnownText>& texts) {
  runtime::GpuDevice gpu(model, gpu::gpu_preset("h100"), gpu::LaunchMode::kGraph,
                         model.config.context);
  float most = 0.0F;
  for (const KnownText& text : texts) {
    gpu.reset();
    PlainModel plain(model);
    std::vector<std::int32_t> ids = text.prompt_ids;
    ids.insert(ids.end(), text.generated_ids.begin(), text.generated_ids.end());
    for (std::size_t i = 0; i + 1 < ids.size(); ++i) {
      const runtime::TokenResult result = gpu.step(ids[i]);
      most = std::max(most, largest_difference(result.logits, plain.step(ids[i])));
      if (i + 1 < text.prompt_ids.size()) continue;
      EXPECT_EQ(harness::largest(result.logits), ids[i + 1])
          << "'" << text.prompt << "', position " << i;
      if (::testing::Test::HasFailure()) return most;
    }
    std::cout << "'" << text.prompt << "': " << text.generated_ids.size() << " ids as known, "
              << most << " from plain fp32 so far\n";
  }
  return most;
}

class GpuSays : public ::testing::TestWithParam<const char*> {};

TEST_P(GpuSays, TheReferencesIdsOfStories260k) {
  const auto folder = stories260k();
  if (!folder) GTEST_SKIP() << "no shared models: set METRONOME_SHARED to their folder";
  // f16: weights are exact, what is left is the order of sums. f32: they are rounded to fp16.
  const bool exact = std::string(GetParam()).find("f16") != std::string::npos;
  EXPECT_LT(distance_while_saying(runtime::load_model(*folder / GetParam()),
                                  read_known_texts(*folder / "reference.json")),
            exact ? 1e-4F : 0.02F);
}
INSTANTIATE_TEST_SUITE_P(Files, GpuSays,
                         ::testing::Values("stories260K-f16.gguf", "stories260K-f32.gguf"),
                         [](const auto& file) { return std::string(file.param).substr(12, 3); });

TEST(GpuSaysTheShippedModels, GoldenText) {
  const std::filesystem::path folder =
      std::filesystem::path(METRONOME_SOURCE_DIR) / "programs" / "shipped_model";
  auto texts = read_known_texts(folder / "golden.json");
  ASSERT_FALSE(texts.empty());
  texts.resize(1);
  EXPECT_LT(distance_while_saying(runtime::load_model(folder / "metronome-stories.gguf"), texts),
            1e-4F);
}

}  // namespace
}  // namespace metronome::testing
