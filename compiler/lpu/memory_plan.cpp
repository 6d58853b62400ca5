// SPDX-License-Identifier: Apache-2.0
#include "compiler/lpu/memory_plan.h"

#include <fmt/core.h>

#include <algorithm>

#include "hw/isa/error.h"

namespace metronome::compiler {

using lpu::Hemisphere;
using lpu::kWeightStreams;
using lpu::MemoryTensor;
using lpu::TensorKind;

namespace {

constexpr int kRoles = 10;
constexpr int kQuad = 4;
constexpr int kRoleQuads = 3;  // of a hemisphere, the least that all roles need side by side

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
    case Role::kHighest:
      return "highest scores";
  }
  return "?";
}

/// fp16 goes through one pair of planes a hemisphere, int8 through two planes.
int weight_groups(const lpu::ChipSpec& spec, ops::Precision precision) {
  if (precision == ops::Precision::kFp16) return 1;
  const int room = (spec.mem_slices - kRoleQuads * kQuad) / kWeightStreams;
  return std::clamp(std::min(room, spec.streams / kWeightStreams), 1, spec.mxm_planes);
}

}  // namespace

MemoryPlan::MemoryPlan(const lpu::ChipSpec& spec, ops::Precision precision, std::string source)
    : spec_(spec),
      source_(std::move(source)),
      groups_(weight_groups(spec, precision)),
      columns_(kRoles) {
  for (auto& side : next_address_) side.assign(static_cast<std::size_t>(spec.mem_slices), 0);
  lay_out_roles(precision);
}

void MemoryPlan::lay_out_roles(ops::Precision precision) {
  constexpr auto kW = Hemisphere::kWest;
  constexpr auto kE = Hemisphere::kEast;
  const bool half = precision == ops::Precision::kFp16;
  // fp16 keeps its caches in fp32 and its activations in two bytes, so they take four quads.
  const int caches = half ? 4 : 2;
  const int activations = half ? 2 : 1;
  const int edge = 2 * kQuad + caches;
  columns(Role::kResidual) = {{kW, 0, kQuad}};
  columns(Role::kVectors) = {{kW, kQuad, kQuad}};
  columns(Role::kKeys) = {{kW, 2 * kQuad, caches}};
  columns(Role::kActivationsWest) = {{kW, edge, activations}};
  columns(Role::kMaps) = {{kW, edge + activations, 1}};
  columns(Role::kTemporary) = {{kE, 0, kQuad}};
  columns(Role::kParameters) = {{kE, kQuad, kQuad}};
  columns(Role::kValues) = {{kE, 2 * kQuad, caches}};
  columns(Role::kActivationsEast) = {{kE, edge, activations}};
  columns(Role::kHighest) = {{kW, half ? kQuad : (kRoleQuads + 1) * kQuad, kQuad}};
  add_cache_columns(caches);
}

/// What the roles leave of a hemisphere holds more of the caches: first the slices between roles
/// and weights, then what the weights leave of theirs, from the inner ones outwards.
void MemoryPlan::add_cache_columns(int width) {
  const int first = width == kQuad ? 4 * kQuad : kRoleQuads * kQuad;
  const auto add_both = [&](int s) {
    columns(Role::kKeys).push_back({Hemisphere::kWest, s, width});
    columns(Role::kValues).push_back({Hemisphere::kEast, s, width});
  };
  for (int s = first; s + width <= spec_.mem_slices; s += width) add_both(s);
  // Activations and maps take few rows, and never while the cache is read.
  if (width == 2) add_both(2 * kQuad + 2);
}

int MemoryPlan::free_address(const Column& column, int slices) {
  int address = 0;
  for (int s = 0; s < slices; ++s) {
    address = std::max(address, next_address(column.hemisphere, column.first_slice + s));
  }
  return address;
}

TensorId MemoryPlan::push(MemoryTensor t, const Column& column, int addresses) {
  t.hemisphere = column.hemisphere;
  t.address = free_address(column, t.stripes * t.width);
  for (int s = 0; s < t.stripes * t.width; ++s) {
    t.slices.push_back(static_cast<std::uint16_t>(column.first_slice + s));
    next_address(column.hemisphere, column.first_slice + s) = t.address + addresses;
  }
  tensors_.push_back(std::move(t));
  data_.emplace_back();
  is_weights_.push_back(false);
  return static_cast<TensorId>(tensors_.size()) - 1;
}

TensorId MemoryPlan::add_to(const std::vector<Column>& choices, MemoryTensor t, Role role) {
  for (const Column& c : choices) {
    if (c.slices >= t.width && free_address(c, t.width) + t.rows <= spec_.words_per_slice()) {
      const auto addresses = static_cast<int>(t.rows);
      return push(std::move(t), c, addresses);
    }
  }
  if (homeless_.empty()) {
    homeless_ = t.name;
    homeless_role_ = name_of(role);
  }
  const auto addresses = static_cast<int>(t.rows);
  return push(std::move(t), choices.front(), addresses);
}

TensorId MemoryPlan::add(std::string name, TensorKind kind, Role role, int width, std::int64_t rows,
                         int lanes) {
  MemoryTensor t;
  t.name = std::move(name);
  t.kind = kind;
  t.width = width;
  t.rows = rows;
  t.lanes = lanes;
  return add_to(columns(role), std::move(t), role);
}

TensorId MemoryPlan::add_cache(std::string name, Role role, int width, std::int64_t rows, int lanes,
                               int block, bool alone) {
  MemoryTensor t;
  t.name = std::move(name);
  t.kind = TensorKind::kState;
  t.width = width;
  t.rows = rows;
  t.lanes = lanes;
  std::vector<Column> choices = columns(role);
  const auto first = static_cast<std::ptrdiff_t>(static_cast<std::size_t>(block) % choices.size());
  std::rotate(choices.begin(), choices.begin() + first, choices.end());
  if (alone) {
    // Scores of vector v lie in quad 0 of the east, of the west, in quad 1 of the west in turn.
    const int turn = block % kScorePlaces;
    for (int s = 0; s + width <= kQuad; s += width) {
      if (turn != 1) choices.push_back({Hemisphere::kWest, s, width});
      if (turn != 0) choices.push_back({Hemisphere::kEast, s, width});
    }
  }
  return add_to(choices, std::move(t), role);
}

TensorId MemoryPlan::add_weights(std::string name, int bank, int width, std::int64_t rows,
                                 int lanes) {
  MemoryTensor t;
  t.name = std::move(name);
  t.kind = TensorKind::kConstant;
  t.width = width;
  t.stripes = kWeightStreams / width;
  t.rows = rows;
  t.lanes = lanes;
  const std::int64_t addresses = (rows + t.stripes - 1) / t.stripes;
  const Column column{hemisphere_of_bank(bank), spec_.mem_slices - (bank / 2 + 1) * kWeightStreams,
                      kWeightStreams};
  if (homeless_.empty() &&
      free_address(column, kWeightStreams) + addresses > spec_.words_per_slice()) {
    homeless_ = t.name;
    homeless_role_ = "weights";
  }
  const TensorId id = push(std::move(t), column, static_cast<int>(addresses));
  is_weights_.back() = true;
  return id;
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

void MemoryPlan::require_fit() const {
  if (homeless_.empty()) return;
  const MemoryUse used = use();
  const std::int64_t there = spec_.sram_bytes();
  const std::int64_t chips = (used.total() + there - 1) / there;
  // Room may be left that the tensor's role cannot use.
  const std::string verdict = chips == 1 ? "in slices of other roles there is room"
                                         : fmt::format("{} such chips would hold it", chips);
  throw UserError(
      fmt::format("{}: does not fit chip {}: needs {} of {} bytes, and no slices are left for {} "
                  "({}); a shorter --context, a smaller model or a chip with more words_per_bank "
                  "would help",
                  source_, spec_.name, used.total(), there, homeless_, homeless_role_),
      fmt::format("  weights      {:>15} bytes\n"
                  "  cache        {:>15} bytes\n"
                  "  working set  {:>15} bytes\n"
                  "  all          {:>15} bytes of {} on the chip; {}\n",
                  used.weights, used.cache, used.working, used.total(), there, verdict));
}

TensorPlace MemoryPlan::place(TensorId id) const { return place(id, 0); }

TensorPlace MemoryPlan::place(TensorId id, int stripe) const {
  const MemoryTensor& t = tensors_[static_cast<std::size_t>(id)];
  const std::size_t first = static_cast<std::size_t>(stripe) * static_cast<std::size_t>(t.width);
  return {t.hemisphere, t.slices[first], t.width,
          (t.lanes + spec_.lanes_per_superlane - 1) / spec_.lanes_per_superlane};
}

MemoryUse MemoryPlan::use() const {
  MemoryUse use;
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    const MemoryTensor& t = tensors_[i];
    const std::int64_t bytes = std::int64_t{t.addresses()} * t.stripes * t.width * spec_.lanes();
    if (is_weights_[i]) {
      use.weights += bytes;
    } else if (t.kind == TensorKind::kState) {
      use.cache += bytes;
    } else {
      use.working += bytes;
    }
  }
  return use;
}

void MemoryPlan::move_to(lpu::Image& image) {
  auto storage = std::make_shared<std::vector<std::vector<std::uint8_t>>>(std::move(data_));
  image.tensors = std::move(tensors_);
  for (std::size_t i = 0; i < image.tensors.size(); ++i) image.tensors[i].data = (*storage)[i];
  image.storage = std::move(storage);
}

}  // namespace metronome::compiler
