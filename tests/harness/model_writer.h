// SPDX-License-Identifier: Apache-2.0
// Writes tiny models in each format that users bring, from one set of seeded weights. Builders
// keep their parts open to change, so that a test can spoil exactly one thing.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace metronome::harness {

using Bytes = std::vector<std::uint8_t>;

struct TinySpec {
  std::string architecture = "llama";
  std::int64_t width = 64;
  std::int64_t layers = 2;
  std::int64_t heads = 4;
  std::int64_t kv_heads = 2;
  std::int64_t head_dim = 16;
  std::int64_t ffn = 172;
  std::int64_t vocab = 97;
  std::int64_t context = 64;
  bool tied = true;
  bool query_key_value_bias = false;
  std::uint64_t seed = 1;
};

/// A tensor under its GGUF name; rows of Q and K are interleaved.
struct TinyTensor {
  std::string name;
  std::vector<std::int64_t> shape;  // slowest axis first
  std::vector<float> values;        // [product of shape]
};

struct TinyModel {
  TinySpec spec;
  std::vector<TinyTensor> tensors;
  [[nodiscard]] const TinyTensor& tensor(std::string_view name) const;
};

/// The same seed gives the same weights on every host.
TinyModel make_tiny_model(const TinySpec& spec);

/// A GGUF v3 file in the making; values are written as stored, nothing is checked.
struct GgufBuilder {
  struct Tensor {
    std::string name;
    std::vector<std::uint64_t> dims;  // fastest axis first
    std::uint32_t type = 0;
    Bytes data;
    std::int64_t forced_offset = -1;  // in the data section; -1: the next aligned one
  };
  std::uint32_t version = 3;
  std::uint64_t alignment = 32;                     // of the data; not written as a key
  std::vector<std::pair<std::string, Bytes>> keys;  // value with its type tag
  std::vector<Tensor> tensors;

  void u32(const std::string& key, std::uint32_t value);
  void i32(const std::string& key, std::int32_t value);
  void f32(const std::string& key, float value);
  void boolean(const std::string& key, bool value);
  void text(const std::string& key, const std::string& value);
  void texts(const std::string& key, const std::vector<std::string>& values);
  void f32s(const std::string& key, const std::vector<float>& values);
  void i32s(const std::string& key, const std::vector<std::int32_t>& values);
  void remove(const std::string& key);
  Tensor& tensor(std::string_view name);
  void f32_tensor(const std::string& name, const std::vector<std::int64_t>& shape,
                  const std::vector<float>& values);
  [[nodiscard]] Bytes bytes() const;

 private:
  void set(const std::string& key, Bytes value);
};

/// A safetensors file in the making; offsets follow the order of the tensors.
struct SafetensorsBuilder {
  struct Tensor {
    std::string name;
    std::string dtype;
    std::vector<std::int64_t> shape;
    Bytes data;
  };
  std::vector<Tensor> tensors;
  std::string header;  // if not empty, written instead of the one that follows from the tensors

  Tensor& tensor(std::string_view name);
  [[nodiscard]] Bytes bytes() const;
};

GgufBuilder tiny_gguf(const TinyModel& model);
SafetensorsBuilder tiny_safetensors(const TinyModel& model);  // Q and K half-split
boost::json::object tiny_config(const TinyModel& model);      // config.json
Bytes tiny_llama2c(const TinyModel& model);

Bytes f32_bytes(const std::vector<float>& values);
Bytes bf16_bytes(const std::vector<float>& values);  // cut, not rounded

/// A folder that goes with the object.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  /// Returns the path of the file written.
  std::filesystem::path write(const std::string& name, const Bytes& bytes) const;
  std::filesystem::path write(const std::string& name, std::string_view text) const;
  void write_huggingface(const boost::json::object& config,
                         const SafetensorsBuilder& weights) const;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace metronome::harness
