// SPDX-License-Identifier: Apache-2.0
// The published stories260K model on the full-size chip against ids that an independent
// implementation made, in every format that the model comes in.
#include <gtest/gtest.h>

#include "runtime/model_files/load_model.h"
#include "tests/programs/known_text.h"

namespace metronome::testing {
namespace {

std::string name_of(const ::testing::TestParamInfo<const char*>& file) {
  const std::string name = file.param;
  if (name == "hf") return name;
  return name.ends_with("bin") ? "bin" : name.substr(name.find('-') + 1, 3);
}

class Stories260k : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const auto folder = stories260k();
    if (!folder) GTEST_SKIP() << "no shared models: set METRONOME_SHARED to their folder";
    folder_ = *folder;
  }

  std::filesystem::path folder_;
};

TEST_P(Stories260k, SaysTheReferencesIds) {
  const auto texts = read_known_texts(folder_ / "reference.json");
  ASSERT_EQ(texts.size(), 2U);
  EXPECT_EQ(texts[0].generated_ids.size(), 251U);
  EXPECT_EQ(texts[1].generated_ids.size(), 244U);
  expect_chip_says(runtime::load_model(folder_ / GetParam()), texts);
}

INSTANTIATE_TEST_SUITE_P(Files, Stories260k,
                         ::testing::Values("stories260K-f32.gguf", "stories260K-f16.gguf", "hf",
                                           "stories260K.bin"),
                         name_of);

class Stories260kAccuracy : public Stories260k {};

TEST_P(Stories260kAccuracy, IsNearPlainFp32) {
  // f16: the weights are exact; what is left, 2e-5 here, is 22-bit activations and the order of
  // sums. f32: the weights are rounded to fp16 first, which costs 0.011.
  const bool exact = std::string(GetParam()) == "stories260K-f16.gguf";
  const auto texts = read_known_texts(folder_ / "reference.json");
  EXPECT_LT(distance_from_plain(runtime::load_model(folder_ / GetParam()), texts, 512),
            exact ? 1e-4F : 0.02F);
}

INSTANTIATE_TEST_SUITE_P(Files, Stories260kAccuracy,
                         ::testing::Values("stories260K-f32.gguf", "stories260K-f16.gguf"),
                         name_of);

}  // namespace
}  // namespace metronome::testing
