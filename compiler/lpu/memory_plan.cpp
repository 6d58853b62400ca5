// SPDX-License-Identifier: Apache-2.0
#include "compiler/lpu/memory_plan.h"

#include <fmt/core.h>

#include <algorithm>

#include "hw/isa/error.h"

namespace metronome::compiler {

using lpu::Hemisphere;
using lpu::MemoryTensor;
using lpu::TensorKind;

namespace {

constexpr int kRoles = 11;
constexpr int kWeightSlices = 2 * lpu::kWeightStripes;  // a fp16 row has two bytes a lane
constexpr int kQuad = 4;

const char* name_of(Role role) {
  switch (role) {
    case Role::kResidual:
      return "residual";
    case Role::kVectors:
      return "vectors";
    case Role::kKeys:
      return "key cache";
    case Role::kActivationsWest:
      return "west activations";
    case Role::kTemporary:
      return "temporaries";
    case Role::kParameters:
      return "parameters";
    case Role::kValues:
      return "value cache";
    case Role::kActivationsEast:
      return "east activations";
    case Role::kMaps:
      return "maps";
    case Role::kWeightsWest:
      return "west weights";
    case Role::kWeightsEast:
      return "east weights";
  }
  return "?";
}

}  // namespace

MemoryPlan::MemoryPlan(const lpu::ChipSpec& spec, std::string source)
    : spec_(spec), source_(std::move(source)), columns_(kRoles) {
  const auto quad = [](Hemisphere h, int q, int offset = 0, int slices = kQuad) {
    return Column{h, q * kQuad + offset, slices};
  };
  constexpr auto kW = Hemisphere::kWest;
  constexpr auto kE = Hemisphere::kEast;
  columns(Role::kResidual) = {quad(kW, 0)};
  columns(Role::kVectors) = {quad(kW, 1)};
  columns(Role::kKeys) = {quad(kW, 2)};
  columns(Role::kActivationsWest) = {quad(kW, 3, 0, 2)};
  columns(Role::kMaps) = {quad(kW, 3, 2, 1), quad(kW, 3, 3, 1)};
  columns(Role::kTemporary) = {quad(kE, 0)};
  columns(Role::kParameters) = {quad(kE, 1)};
  columns(Role::kValues) = {quad(kE, 2)};
  columns(Role::kActivationsEast) = {quad(kE, 3, 0, 2)};
  const int weights = spec.mem_slices - kWeightSlices;
  columns(Role::kWeightsWest) = {{kW, weights, kWeightSlices}};
  columns(Role::kWeightsEast) = {{kE, weights, kWeightSlices}};
  // What is left between the roles and the weights holds more of the cache.
  for (int q = 4; (q + 1) * kQuad <= weights; ++q) {
    columns(Role::kKeys).push_back(quad(kW, q));
    columns(Role::kValues).push_back(quad(kE, q));
  }
}

void MemoryPlan::full(const std::string& name, Role role, std::int64_t addresses) const {
  std::int64_t slices = 0;
  std::int64_t free = 0;
  for (const Column& c : columns_[static_cast<std::size_t>(role)]) {
    slices += c.slices;
    free += std::int64_t{c.slices} * (spec_.words_per_slice() - c.next_address);
  }
  const std::int64_t vector_bytes = spec_.lanes();
  throw UserError(fmt::format(
      "{}: {}: does not fit chip {}: needs {} bytes, {} of {} left in the {} slices for {}; "
      "a shorter --context, a smaller model or a chip with more words_per_bank would help",
      source_, name, spec_.name,
      addresses * columns_[static_cast<std::size_t>(role)].front().slices * vector_bytes,
      free * vector_bytes, slices * spec_.words_per_slice() * vector_bytes, slices, name_of(role)));
}

TensorId MemoryPlan::push(MemoryTensor t, Column& column, int addresses) {
  t.hemisphere = column.hemisphere;
  t.address = column.next_address;
  for (int s = 0; s < t.stripes * t.width; ++s) {
    t.slices.push_back(static_cast<std::uint16_t>(column.first_slice + s));
  }
  column.next_address += addresses;
  tensors_.push_back(std::move(t));
  data_.emplace_back();
  return static_cast<TensorId>(tensors_.size()) - 1;
}

TensorId MemoryPlan::add(std::string name, TensorKind kind, Role role, int width, std::int64_t rows,
                         int lanes) {
  MemoryTensor t;
  t.name = std::move(name);
  t.kind = kind;
  t.width = width;
  t.rows = rows;
  t.lanes = lanes;
  for (Column& c : columns(role)) {
    if (c.slices >= width && c.next_address + rows <= spec_.words_per_slice()) {
      return push(std::move(t), c, static_cast<int>(rows));
    }
  }
  full(t.name, role, rows);
}

TensorId MemoryPlan::add_weights(std::string name, Hemisphere h, std::int64_t rows, int lanes) {
  const Role role = h == Hemisphere::kWest ? Role::kWeightsWest : Role::kWeightsEast;
  MemoryTensor t;
  t.name = std::move(name);
  t.kind = TensorKind::kConstant;
  t.width = 2;
  t.stripes = lpu::kWeightStripes;
  t.rows = rows;
  t.lanes = lanes;
  Column& c = columns(role).front();
  const std::int64_t addresses = (rows + t.stripes - 1) / t.stripes;
  if (c.next_address + addresses > spec_.words_per_slice()) full(t.name, role, addresses);
  return push(std::move(t), c, static_cast<int>(addresses));
}

void MemoryPlan::name_rows(TensorId id) {
  MemoryTensor& t = tensor(id);
  t.first_value = next_value_;
  t.value_step = 1;
  next_value_ += static_cast<lpu::ValueId>(t.rows);
}

void MemoryPlan::set_data(TensorId id, std::vector<std::uint8_t> bytes) {
  check(bytes.size() == tensor(id).data_bytes(), tensor(id).name, 0, "data of the wrong size");
  data_[static_cast<std::size_t>(id)] = std::move(bytes);
  name_rows(id);
}

TensorPlace MemoryPlan::place(TensorId id) const { return place(id, 0); }

TensorPlace MemoryPlan::place(TensorId id, int stripe) const {
  const MemoryTensor& t = tensors_[static_cast<std::size_t>(id)];
  const std::size_t first = static_cast<std::size_t>(stripe) * static_cast<std::size_t>(t.width);
  return {t.hemisphere, t.slices[first], t.width,
          (t.lanes + spec_.lanes_per_superlane - 1) / spec_.lanes_per_superlane};
}

std::int64_t MemoryPlan::bytes_used() const {
  std::int64_t bytes = 0;
  for (const MemoryTensor& t : tensors_) {
    bytes += std::int64_t{t.addresses()} * t.stripes * t.width * spec_.lanes();
  }
  return bytes;
}

void MemoryPlan::move_to(lpu::Image& image) {
  auto storage = std::make_shared<std::vector<std::vector<std::uint8_t>>>(std::move(data_));
  image.tensors = std::move(tensors_);
  for (std::size_t i = 0; i < image.tensors.size(); ++i) image.tensors[i].data = (*storage)[i];
  image.storage = std::move(storage);
}

}  // namespace metronome::compiler
