// SPDX-License-Identifier: Apache-2.0
// The model that comes with the product, against the text that its own trainer wrote down.
#include <gtest/gtest.h>

#include "runtime/model_files/load_model.h"
#include "tests/programs/known_text.h"

namespace metronome::testing {
namespace {

const std::filesystem::path kFolder =
    std::filesystem::path(METRONOME_SOURCE_DIR) / "programs" / "shipped_model";

TEST(ShippedModel, SaysItsGoldenTextToTheEnd) {
  const runtime::LoadedModel loaded = runtime::load(kFolder / "metronome-stories.gguf");
  auto texts = read_known_texts(kFolder / "golden.json");
  ASSERT_FALSE(texts.empty());
  for (KnownText& text : texts) {
    EXPECT_EQ(loaded.tokenizer->encode(text.prompt, true), text.prompt_ids);
    if (text.stopped_by == "</s>") text.generated_ids.push_back(loaded.tokenizer->eos_id().value());
  }
  expect_chip_says(loaded.model, texts);
}

TEST(ShippedModel, IsNearPlainFp32) {
  // Its weights are fp16 already; what is left is 22-bit activations and the order of sums.
  const auto texts = read_known_texts(kFolder / "golden.json");
  EXPECT_LT(distance_from_plain(runtime::load_model(kFolder / "metronome-stories.gguf"), texts, 24),
            1e-4F);
}

}  // namespace
}  // namespace metronome::testing
