// SPDX-License-Identifier: Apache-2.0
// What the precisions cost on texts that the models were not trained on.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>

#include "runtime/devices/fp32_device.h"
#include "runtime/devices/reference_device.h"
#include "runtime/generation/fidelity.h"
#include "runtime/model_files/load_model.h"
#include "tests/programs/known_text.h"

namespace metronome::testing {
namespace {

using ops::Precision;
using runtime::Fp32Device;
using runtime::ReferenceDevice;

constexpr ops::Geometry kGroq{320, 16};

/// fp32, fp16, int8, w8a16 over the first tokens of a text.
std::vector<runtime::Fidelity> measure(const std::filesystem::path& model_file,
                                       const std::string& text, runtime::TextKind kind,
                                       std::int64_t tokens) {
  const runtime::LoadedModel loaded = runtime::load(model_file);
  const std::int64_t context = loaded.model.config.context;
  std::vector<std::unique_ptr<runtime::Device>> devices;
  devices.push_back(std::make_unique<Fp32Device>(loaded.model, context));
  for (const Precision precision : ops::kPrecisions) {
    devices.push_back(std::make_unique<ReferenceDevice>(loaded.model, kGroq, context, precision));
  }
  const auto windows = runtime::windows_of(*loaded.tokenizer, text, kind, context);
  return runtime::measure_fidelity(devices, windows, tokens, [](std::int64_t) {});
}

void expect_small_losses(const std::vector<runtime::Fidelity>& all, double int8_bound) {
  const double plain = all[0].perplexity();
  EXPECT_NEAR(all[1].perplexity() / plain, 1.0, 0.001);
  EXPECT_NEAR(all[2].perplexity() / plain, 1.0, int8_bound);
  EXPECT_NEAR(all[3].perplexity() / plain, 1.0, int8_bound);
  EXPECT_GE(all[1].agreement(), 0.99);
  EXPECT_GE(all[2].agreement(), 0.9);
  EXPECT_GE(all[3].agreement(), all[2].agreement() - 0.01);
}

TEST(Precisions, CostTheShippedModelLittleOnStoriesItNeverSaw) {
  const auto folder = std::filesystem::path(METRONOME_SOURCE_DIR) / "programs" / "shipped_model";
  std::ifstream file(folder / "held_out.txt");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto all =
      measure(folder / "metronome-stories.gguf", text, runtime::TextKind::kParagraphs, 300);
  EXPECT_EQ(all[0].predictions, 300);
  // Its held-out loss was 0.2247 nats a token, ends of stories included.
  EXPECT_NEAR(std::log(all[0].perplexity()), 0.2247, 0.1);
  expect_small_losses(all, 0.02);
}

TEST(Precisions, CostStories260kLittleOnItsReferenceText) {
  const auto folder = stories260k();
  if (!folder) GTEST_SKIP() << "no shared models: set METRONOME_SHARED to their folder";
  const std::string text =
      "Once upon a time, there was a little girl named Lily. She loved to play outside in the "
      "park. One day, she saw a big, red ball. She wanted to play with it, but it was too high.";
  const auto all = measure(*folder / "stories260K-f32.gguf", text, runtime::TextKind::kWhole, 200);
  expect_small_losses(all, 0.05);
}

}  // namespace
}  // namespace metronome::testing
