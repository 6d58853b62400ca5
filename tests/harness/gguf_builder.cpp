// SPDX-License-Identifier: Apache-2.0
// The GGUF half of the model writer.
#include <stdexcept>

#include "tests/harness/byte_sink.h"
#include "tests/harness/model_writer.h"

namespace metronome::harness {
namespace {

Bytes tagged(std::uint32_t type) {
  Bytes out;
  put(out, type, 4);
  return out;
}

Bytes array_of(std::uint32_t element, std::size_t count) {
  Bytes out = tagged(9);
  put(out, element, 4);
  put(out, count, 8);
  return out;
}

}  // namespace

void GgufBuilder::set(const std::string& key, Bytes value) {
  remove(key);
  keys.emplace_back(key, std::move(value));
}

void GgufBuilder::remove(const std::string& key) {
  std::erase_if(keys, [&](const auto& entry) { return entry.first == key; });
}

void GgufBuilder::u32(const std::string& key, std::uint32_t value) {
  Bytes out = tagged(4);
  put(out, value, 4);
  set(key, std::move(out));
}

void GgufBuilder::i32(const std::string& key, std::int32_t value) {
  Bytes out = tagged(5);
  put(out, static_cast<std::uint32_t>(value), 4);
  set(key, std::move(out));
}

void GgufBuilder::f32(const std::string& key, float value) {
  Bytes out = tagged(6);
  put_float(out, value);
  set(key, std::move(out));
}

void GgufBuilder::boolean(const std::string& key, bool value) {
  Bytes out = tagged(7);
  out.push_back(value ? 1 : 0);
  set(key, std::move(out));
}

void GgufBuilder::text(const std::string& key, const std::string& value) {
  Bytes out = tagged(8);
  put_text(out, value);
  set(key, std::move(out));
}

void GgufBuilder::texts(const std::string& key, const std::vector<std::string>& values) {
  Bytes out = array_of(8, values.size());
  for (const std::string& value : values) put_text(out, value);
  set(key, std::move(out));
}

void GgufBuilder::f32s(const std::string& key, const std::vector<float>& values) {
  Bytes out = array_of(6, values.size());
  append(out, f32_bytes(values));
  set(key, std::move(out));
}

void GgufBuilder::i32s(const std::string& key, const std::vector<std::int32_t>& values) {
  Bytes out = array_of(5, values.size());
  for (const std::int32_t value : values) put(out, static_cast<std::uint32_t>(value), 4);
  set(key, std::move(out));
}

GgufBuilder::Tensor& GgufBuilder::tensor(std::string_view name) {
  for (Tensor& tensor : tensors) {
    if (tensor.name == name) return tensor;
  }
  throw std::runtime_error("gguf_builder: no tensor " + std::string(name));
}

void GgufBuilder::f32_tensor(const std::string& name, const std::vector<std::int64_t>& shape,
                             const std::vector<float>& values) {
  Tensor tensor;
  tensor.name = name;
  tensor.dims.assign(shape.rbegin(), shape.rend());
  tensor.data = f32_bytes(values);
  tensors.push_back(std::move(tensor));
}

Bytes GgufBuilder::bytes() const {
  Bytes out = {'G', 'G', 'U', 'F'};
  put(out, version, 4);
  put(out, tensors.size(), 8);
  put(out, keys.size(), 8);
  for (const auto& [key, value] : keys) {
    put_text(out, key);
    append(out, value);
  }
  const auto pad = [&](Bytes& bytes) {
    bytes.resize((bytes.size() + alignment - 1) / alignment * alignment);
  };
  Bytes data;
  for (const Tensor& tensor : tensors) {
    put_text(out, tensor.name);
    put(out, tensor.dims.size(), 4);
    for (const std::uint64_t size : tensor.dims) put(out, size, 8);
    put(out, tensor.type, 4);
    pad(data);
    put(out,
        tensor.forced_offset < 0 ? data.size() : static_cast<std::uint64_t>(tensor.forced_offset),
        8);
    append(data, tensor.data);
  }
  pad(out);
  append(out, data);
  return out;
}

}  // namespace metronome::harness
