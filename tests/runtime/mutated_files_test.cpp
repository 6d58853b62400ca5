// SPDX-License-Identifier: Apache-2.0
// Seeded damage to good files of every format: each either loads or is refused with one line.
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <random>

#include "runtime/model_files/load_model.h"
#include "tests/runtime/model_checks.h"

namespace metronome::runtime {
namespace {

using harness::Bytes;

constexpr std::uint64_t kSeed = 20240611;

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  /// Damages mostly the first `focus` bytes, where the structure is.
  Bytes damage(Bytes bytes, std::size_t focus) {
    const std::size_t times = 1 + below(3);
    for (std::size_t i = 0; i < times && !bytes.empty(); ++i) {
      const std::size_t at = below(below(8) == 0 ? bytes.size() : std::min(focus, bytes.size()));
      switch (below(6)) {
        case 0:
          bytes[at] = static_cast<std::uint8_t>(random_());
          break;
        case 1:
          bytes[at] ^= static_cast<std::uint8_t>(1U << below(8));
          break;
        case 2:
          bytes.resize(at);
          break;
        case 3:
          bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at));
          break;
        case 4:
          bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                       static_cast<std::uint8_t>(random_()));
          break;
        default:
          for (std::size_t j = at; j < std::min(at + 8, bytes.size()); ++j) bytes[j] = 0xFF;
          break;
      }
    }
    return bytes;
  }

 private:
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }

  std::mt19937_64 random_;
};

// Loads and reads everything, as a compiler would; only UserError may leave.
void expect_loads_or_is_refused(const std::filesystem::path& path,
                                const std::optional<std::filesystem::path>& tokenizer) {
  const std::string message = harness::refusal([&] {
    const LoadedModel loaded = load(path, tokenizer);
    harness::all_parameters(loaded.model);
    if (loaded.tokenizer) {
      const auto ids = loaded.tokenizer->encode("Once upon\xF0\x9F a 時", true);
      EXPECT_LE(loaded.tokenizer->decode(ids).size(), 4096U);
    }
  });
  EXPECT_FALSE(message.empty());
  EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  EXPECT_LT(message.size(), 4000U);
}

harness::GgufBuilder gguf_with_tokenizer(const harness::TinyModel& model) {
  harness::GgufBuilder file = harness::tiny_gguf(model);
  std::vector<std::string> pieces = {"<unk>", "<s>", "</s>"};
  std::vector<std::int32_t> types = {2, 3, 3};
  for (int i = 3; i < 97; ++i) {
    pieces.push_back(std::string(1, static_cast<char>('!' + i % 90)));
    types.push_back(1);
  }
  file.text("tokenizer.ggml.model", "llama");
  file.texts("tokenizer.ggml.tokens", pieces);
  file.f32s("tokenizer.ggml.scores", std::vector<float>(97, -1.0F));
  file.i32s("tokenizer.ggml.token_type", types);
  file.u32("tokenizer.ggml.bos_token_id", 1);
  file.u32("tokenizer.ggml.eos_token_id", 2);
  file.u32("tokenizer.ggml.unknown_token_id", 0);
  return file;
}

const harness::TinyModel& small_model() {
  static const harness::TinyModel model = harness::make_tiny_model(
      {.width = 8, .layers = 2, .heads = 2, .kv_heads = 1, .head_dim = 4, .ffn = 12});
  return model;
}

TEST(MutatedFiles, GgufLoadsOrIsRefused) {
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  const harness::TempFolder folder;
  const Bytes good = gguf_with_tokenizer(small_model()).bytes();
  Mutator mutator(kSeed);
  for (int i = 0; i < 400; ++i) {
    SCOPED_TRACE(i);
    expect_loads_or_is_refused(folder.write("m.gguf", mutator.damage(good, 3800)), std::nullopt);
  }
}

TEST(MutatedFiles, SafetensorsLoadOrAreRefused) {
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  const harness::TempFolder folder;
  folder.write_huggingface(harness::tiny_config(small_model()),
                           harness::tiny_safetensors(small_model()));
  const Bytes good = harness::tiny_safetensors(small_model()).bytes();
  Mutator mutator(kSeed);
  for (int i = 0; i < 300; ++i) {
    SCOPED_TRACE(i);
    folder.write("model.safetensors", mutator.damage(good, 2400));
    expect_loads_or_is_refused(folder.path(), std::nullopt);
  }
}

TEST(MutatedFiles, ConfigurationsLoadOrAreRefused) {
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  const harness::TempFolder folder;
  folder.write_huggingface(harness::tiny_config(small_model()),
                           harness::tiny_safetensors(small_model()));
  const std::string text = boost::json::serialize(harness::tiny_config(small_model()));
  Mutator mutator(kSeed);
  for (int i = 0; i < 200; ++i) {
    SCOPED_TRACE(i);
    folder.write("config.json", mutator.damage(Bytes(text.begin(), text.end()), text.size()));
    expect_loads_or_is_refused(folder.path(), std::nullopt);
  }
}

TEST(MutatedFiles, Llama2cLoadsOrIsRefused) {
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  const harness::TempFolder folder;
  const Bytes good = harness::tiny_llama2c(small_model());
  Bytes tokens = {6, 0, 0, 0};
  for (int i = 0; i < 97; ++i) {
    for (const int byte : {0, 0, 0, 0, 1, 0, 0, 0, 'a' + i % 26}) {
      tokens.push_back(static_cast<std::uint8_t>(byte));
    }
  }
  Mutator mutator(kSeed);
  for (int i = 0; i < 200; ++i) {
    SCOPED_TRACE(i);
    const auto tokenizer = folder.write("tok.bin", mutator.damage(tokens, tokens.size()));
    expect_loads_or_is_refused(folder.write("m.bin", mutator.damage(good, 28)), std::nullopt);
    expect_loads_or_is_refused(folder.write("m.bin", good), tokenizer);
  }
}

}  // namespace
}  // namespace metronome::runtime
