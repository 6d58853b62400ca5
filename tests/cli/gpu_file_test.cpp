// SPDX-License-Identifier: Apache-2.0
// GPUs of one's own: what a GPU file may say, and how its mistakes are told.
#include "runtime/gpu_file.h"

#include <gtest/gtest.h>

#include "hw/isa/error.h"
#include "tests/harness/model_writer.h"

namespace metronome::runtime {
namespace {

class GpuFile : public ::testing::Test {
 protected:
  gpu::GpuSpec load(std::string_view text) { return load_gpu(folder_.write("mine.json", text)); }

  /// The refusal, without the folder of the file.
  std::string refusal(std::string_view text) {
    try {
      load(text);
    } catch (const UserError& error) {
      const std::string what = error.what();
      return what.substr(what.find("mine.json"));
    }
    return "accepted";
  }

  harness::TempFolder folder_;
};

TEST_F(GpuFile, ChangesTheFieldsOfItsBase) {
  const gpu::GpuSpec base = gpu::gpu_preset("h100");
  const gpu::GpuSpec found = load(
      "// a comment\n{\"base\": \"h100\", \"name\": \"half\",\n"
      "\"sm_count\": 66,}\n");
  EXPECT_EQ(found.name, "half");
  EXPECT_EQ(found.sm_count, 66);
  for (const gpu::FieldInfo& f : gpu::spec_fields()) {
    if (f.field != gpu::SpecField::sm_count) {
      EXPECT_EQ(found.value(f.field), base.value(f.field));
    }
  }
}

TEST_F(GpuFile, CountsWhatItSetsAsAssumedWithItsLine) {
  const gpu::GpuSpec found = load("{\"base\": \"h100\",\n\"sm_count\": 66}");
  const auto& from = found.provenance[static_cast<std::size_t>(gpu::SpecField::sm_count)];
  EXPECT_EQ(from.confidence, gpu::Confidence::kAssumed);
  EXPECT_TRUE(from.source.ends_with("mine.json:2")) << from.source;
  EXPECT_EQ(found.name, "mine");
}

TEST_F(GpuFile, TellsEachMistakeWithItsLine) {
  const std::string presets = gpu_preset_list();
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"", "mine.json: gpu: the file is empty"},
      {"{}", "mine.json: base: missing, expected one of " + presets},
      {"[]", "mine.json:1: gpu: found a list, expected an object"},
      {"{\n\"base\": \"h1\"}", "mine.json:2: base: found \"h1\", expected one of " + presets},
      {"{\"base\": \"h100\",\n\"sm_cuont\": 3}",
       "mine.json:2: sm_cuont: unknown field, did you mean sm_count?"},
      {"{\"base\": \"h100\",\n\"sm_count\": 0}",
       "mine.json:2: sm_count: found 0, allowed 1 to 1024"},
      {"{\"base\": \"h100\",\n\"sm_count\": -1}",
       "mine.json:2: sm_count: found -1, allowed 1 to 1024"},
      {"{\"base\": \"h100\",\n\"sm_count\": \"1\"}",
       "mine.json:2: sm_count: found \"1\", expected a whole number"},
      {"{\"base\": \"h100\", \"name\": 5}",
       "mine.json:1: name: found 5, expected a name in quotes"},
      {"{\"base\": \"h100\",\n\"sm_count\": 2,\n\"sm_count\": 2}",
       "mine.json:3: sm_count: appears twice"},
  };
  for (const auto& [text, message] : rows) EXPECT_EQ(refusal(text), message) << text;
}

TEST_F(GpuFile, IsTakenWhereNoPresetHasTheName) {
  const std::string path = folder_.write("mine.json", "{\"base\": \"a100\"}").string();
  EXPECT_EQ(gpu_of(path).name, "mine");
  EXPECT_EQ(gpu_of("a100").name, "a100");
  EXPECT_THROW(gpu_of("a101"), UserError);
}

}  // namespace
}  // namespace metronome::runtime
