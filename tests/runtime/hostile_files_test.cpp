// SPDX-License-Identifier: Apache-2.0
// Damaged and hostile containers: each rule of the formats has a file that breaks it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "runtime/model_files/gguf.h"
#include "runtime/model_files/load_model.h"
#include "runtime/model_files/safetensors.h"
#include "tests/runtime/model_checks.h"

namespace metronome::runtime {
namespace {

using harness::Bytes;
using harness::refusal;
using harness::refusal_of_model;
using harness::TempFolder;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;

class HostileFiles : public ::testing::Test {
 protected:
  std::string refused_gguf(const Bytes& bytes) {
    return refusal_of_model(folder_.write("m.gguf", bytes));
  }
  std::string refused_safetensors(const harness::SafetensorsBuilder& weights) {
    folder_.write_huggingface(harness::tiny_config(tiny_), weights);
    return refusal_of_model(folder_.path());
  }
  std::string refused_header(const std::string& header) {
    harness::SafetensorsBuilder weights;
    weights.header = header;
    weights.tensors.push_back({"data", "F32", {4}, Bytes(16)});
    return refused_safetensors(weights);
  }

  TempFolder folder_;
  harness::TinyModel tiny_ = harness::make_tiny_model({.ffn = 32});
};

TEST_F(HostileFiles, ACutGgufNamesWhatIsNotWhole) {  // A14
  const Bytes whole = harness::tiny_gguf(tiny_).bytes();
  const std::size_t data = whole.size() - [&] {
    std::size_t bytes = 0;
    for (const auto& tensor : harness::tiny_gguf(tiny_).tensors)
      bytes += (tensor.data.size() + 31) / 32 * 32;
    return bytes;
  }();
  const auto cut = [&](std::size_t size) {
    return refused_gguf(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
  };
  EXPECT_THAT(cut(data / 2), HasSubstr("truncated"));
  EXPECT_THAT(cut(data + 1), AllOf(HasSubstr("token_embd.weight"), HasSubstr("out of bounds")));
  EXPECT_THAT(cut(data + (whole.size() - data) / 2),
              AllOf(HasSubstr("blk."), HasSubstr("out of bounds")));
  EXPECT_THAT(cut(whole.size() - 1),
              AllOf(HasSubstr("output_norm.weight"), HasSubstr("out of bounds")));
}

TEST_F(HostileFiles, ACutLlama2cFileNamesTheFirstTensorNotWhole) {
  const Bytes whole = harness::tiny_llama2c(tiny_);
  const auto cut = [&](std::size_t size) {
    return refusal_of_model(folder_.write(
        "m.bin", Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))));
  };
  EXPECT_THAT(cut(14), HasSubstr("n_heads: file is truncated"));
  EXPECT_THAT(cut(100), HasSubstr("token_embedding_table: file is truncated"));
  EXPECT_THAT(cut(whole.size() - 1), HasSubstr("freq_cis_imag: file is truncated"));
}

TEST_F(HostileFiles, SafetensorsHeaderLengthsAreBounded) {  // A16
  folder_.write_huggingface(harness::tiny_config(tiny_), harness::tiny_safetensors(tiny_));
  Bytes bytes = harness::tiny_safetensors(tiny_).bytes();
  const auto with_length = [&](std::uint64_t length) {
    for (unsigned i = 0; i < 8; ++i) bytes[i] = static_cast<std::uint8_t>(length >> (8 * i));
    folder_.write("model.safetensors", bytes);
    return refusal_of_model(folder_.path());
  };
  EXPECT_THAT(with_length((1ULL << 63U) - 1),
              AllOf(HasSubstr("9223372036854775807"), HasSubstr("268435456")));
  EXPECT_THAT(with_length(bytes.size() + 1),
              AllOf(HasSubstr("truncated"), HasSubstr(std::to_string(bytes.size() + 1))));
}

TEST_F(HostileFiles, ManyTinyTensorsLoad) {  // A16
  harness::SafetensorsBuilder weights = harness::tiny_safetensors(tiny_);
  for (int i = 0; i < 200000; ++i) {
    weights.tensors.push_back({"t" + std::to_string(i), "U8", {1}, {7}});
  }
  folder_.write_huggingface(harness::tiny_config(tiny_), weights);
  const graph::Model model = load_model(folder_.path());
  EXPECT_TRUE(harness::has_note(model, "199968 more"));
}

TEST_F(HostileFiles, MetadataAloneIsAContainerButNoModel) {  // A17
  EXPECT_THAT(refused_header(R"({"__metadata__":{"format":"pt"}})"), HasSubstr("no tensors found"));
  EXPECT_THAT(refused_header(R"({"__metadata__":{"format":"pt"},})"),
              HasSubstr("bad JSON at byte 32"));
}

TEST_F(HostileFiles, RepeatedNamesAndKeysAreRefused) {  // A18
  harness::GgufBuilder file = harness::tiny_gguf(tiny_);
  file.tensors.push_back(file.tensor("blk.0.attn_q.weight"));
  EXPECT_THAT(refused_gguf(file.bytes()),
              HasSubstr("blk.0.attn_q.weight: the tensor name appears twice"));
  harness::GgufBuilder keys = harness::tiny_gguf(tiny_);
  keys.keys.push_back(keys.keys[1]);
  EXPECT_THAT(refused_gguf(keys.bytes()),
              HasSubstr("llama.context_length: the metadata key appears twice"));
  harness::SafetensorsBuilder weights = harness::tiny_safetensors(tiny_);
  weights.tensors.push_back({"model.norm.weight", "F32", {1}, Bytes(4)});
  EXPECT_THAT(refused_safetensors(weights),
              HasSubstr("model.norm.weight: the tensor name appears twice"));
  folder_.write_huggingface(harness::tiny_config(tiny_), harness::tiny_safetensors(tiny_));
  folder_.write("config.json", R"({"model_type":"llama","model_type":"llama"})");
  EXPECT_THAT(refusal_of_model(folder_.path()), HasSubstr("model_type: the key appears twice"));
}

TEST_F(HostileFiles, TheOtherByteOrderIsCalledSo) {  // A20
  Bytes bytes = harness::tiny_gguf(tiny_).bytes();
  for (const std::size_t at : {4U, 8U, 16U}) {
    const std::ptrdiff_t size = at == 4 ? 4 : 8;
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    std::reverse(begin, begin + size);
  }
  EXPECT_THAT(refused_gguf(bytes), HasSubstr("byte order"));
}

TEST_F(HostileFiles, AlignmentIsAPowerOfTwoAndOffsetsStayInside) {  // A22
  for (const std::uint32_t alignment : {0U, 3U, 1U << 31U}) {
    harness::GgufBuilder file = harness::tiny_gguf(tiny_);
    file.u32("general.alignment", alignment);
    EXPECT_THAT(refused_gguf(file.bytes()),
                AllOf(HasSubstr("general.alignment: a power of two wanted"),
                      HasSubstr(std::to_string(alignment))));
  }
  for (const std::int64_t offset : {-8LL, -32LL}) {
    harness::GgufBuilder file = harness::tiny_gguf(tiny_);
    Bytes bytes = file.bytes();
    const std::string name = "output_norm.weight";
    const auto at = std::search(bytes.begin(), bytes.end(), name.begin(), name.end());
    const auto offset_at = at + static_cast<std::ptrdiff_t>(name.size()) + 4 + 8 + 4;
    for (int i = 0; i < 8; ++i) {
      offset_at[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(offset) >> (8 * i));
    }
    EXPECT_THAT(refused_gguf(bytes),
                AllOf(HasSubstr(name), AnyOf(HasSubstr("alignment"), HasSubstr("out of bounds"))));
  }
}

TEST_F(HostileFiles, ATensorAtOffsetZeroIsThere) {  // A24
  harness::GgufBuilder file;
  file.f32_tensor("first", {2}, {1.0F, 2.0F});
  file.f32_tensor("second", {1}, {3.0F});
  const GgufFile read(folder_.write("two.gguf", file.bytes()));
  ASSERT_EQ(read.tensors().size(), 2U);
  EXPECT_EQ(read.tensors()[1].offset - read.tensors()[0].offset, 32U);
  float values[2];
  const TensorInfo& first = read.tensors()[0];
  dequantise(*first.type, first.file->bytes().subspan(first.offset, first.bytes), values);
  EXPECT_EQ(values[1], 2.0F);
}

TEST_F(HostileFiles, OverlapsAndWrongSizesAreRefused) {
  EXPECT_THAT(refused_header(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                             R"("b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})"),
              HasSubstr("b: shares bytes with 'a'"));
  EXPECT_THAT(refused_header(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})"),
              HasSubstr("8 bytes found in data_offsets, 12 wanted"));
  EXPECT_THAT(refused_header(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[12,20]}})"),
              HasSubstr("out of bounds"));
  EXPECT_THAT(refused_header(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296,4],)"
                             R"("data_offsets":[0,8]}})"),
              HasSubstr("more than 2^64"));
  EXPECT_THAT(refused_header(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,8]}})"),
              HasSubstr("-1 found where a size belongs"));
  EXPECT_THAT(refused_header(R"({"a":{"dtype":"F32","shape":[2]}})"), HasSubstr("one is missing"));
  EXPECT_THAT(refused_header("[]"), HasSubstr("an array where none belongs"));
  EXPECT_THAT(refused_header("3"), HasSubstr("a number where none belongs"));
}

TEST_F(HostileFiles, ShardsMustExistAndHoldWhatTheIndexSays) {  // A28
  harness::SafetensorsBuilder first = harness::tiny_safetensors(tiny_);
  harness::SafetensorsBuilder second;
  second.tensors.assign(first.tensors.begin() + 10, first.tensors.end());
  first.tensors.resize(10);
  boost::json::object map;
  for (const auto& tensor : first.tensors) map[tensor.name] = "model-1.safetensors";
  for (const auto& tensor : second.tensors) map[tensor.name] = "model-2.safetensors";
  folder_.write("config.json",
                std::string_view(boost::json::serialize(harness::tiny_config(tiny_))));
  folder_.write("model.safetensors.index.json",
                std::string_view(boost::json::serialize(boost::json::object{{"weight_map", map}})));
  folder_.write("model-1.safetensors", first.bytes());
  EXPECT_THAT(refusal_of_model(folder_.path()), HasSubstr("model-2.safetensors"));
  folder_.write("model-2.safetensors", second.bytes());
  EXPECT_EQ(refusal_of_model(folder_.path()), "accepted");
  const std::string lost = second.tensors.back().name;
  second.tensors.pop_back();
  folder_.write("model-2.safetensors", second.bytes());
  EXPECT_THAT(refusal_of_model(folder_.path()),
              AllOf(HasSubstr("model-2.safetensors"), HasSubstr(lost)));
  second.tensors.push_back(first.tensors.front());
  second.tensors.push_back({lost, "F32", {64}, Bytes(256)});
  folder_.write("model-2.safetensors", second.bytes());
  EXPECT_THAT(refusal_of_model(folder_.path()),
              AllOf(HasSubstr(first.tensors.front().name), HasSubstr("appears twice")));
}

TEST_F(HostileFiles, ShardNamesThatCannotBePathsAreRefused) {
  folder_.write_huggingface(harness::tiny_config(tiny_), harness::tiny_safetensors(tiny_));
  for (const std::string& shard :
       {std::string("../x"), std::string(".."), std::string(5000, 'x')}) {
    const boost::json::object index{{"weight_map", {{"model.norm.weight", shard}}}};
    folder_.write("model.safetensors.index.json", std::string_view(boost::json::serialize(index)));
    EXPECT_THAT(refusal_of_model(folder_.path()),
                AnyOf(HasSubstr("plain file name"), HasSubstr("missing")));
  }
}

TEST_F(HostileFiles, WhatIsNoModelIsSaidSo) {
  EXPECT_THAT(refusal_of_model(folder_.path() / "none.gguf"), HasSubstr("not found"));
  EXPECT_THAT(refusal_of_model(folder_.write("empty.gguf", Bytes{})), HasSubstr("no GGUF magic"));
  EXPECT_THAT(refusal_of_model(folder_.path()), HasSubstr("config.json"));
  EXPECT_THAT(refused_gguf({'G', 'G', 'U', 'F', 1, 0, 0, 0}), HasSubstr("supported are 2 and 3"));
  EXPECT_THAT(refusal_of_model("/dev/null"), HasSubstr("not a regular file"));
  EXPECT_THAT(refusal_of_model(std::string(5000, 'x')), HasSubstr("not found"));
  harness::GgufBuilder part = harness::tiny_gguf(tiny_);
  part.u32("split.count", 2);
  EXPECT_THAT(refused_gguf(part.bytes()), HasSubstr("split.count: one of 2 parts"));
}

}  // namespace
}  // namespace metronome::runtime
