// SPDX-License-Identifier: Apache-2.0
// Which slices a tensor lives in. Tensors that one stream program touches together must not share a
// slice, since a slice does one access a cycle; so each role has memory columns of its own. Weights
// take banks of 16 slices next to the matrix unit of each hemisphere: one bank feeds one plane, so
// two banks a hemisphere keep all streams at work.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/lpu/cluster.h"
#include "compiler/ops/precision.h"
#include "hw/isa/lpu/image.h"

namespace metronome::compiler {

enum class Role : std::uint8_t {
  kResidual,  // x, logits
  kVectors,   // queries, per-token scalars, up projection, sine table
  kKeys,
  kActivationsWest,
  kTemporary,   // raw projections, scores
  kParameters,  // norm weights, weight scales, biases, mask, cosine table
  kValues,
  kActivationsEast,
  kMaps,     // gather and scatter maps from the host
  kHighest,  // scores: read and written while other scores stream
};

/// Bytes of SRAM that tensors take, idle lanes included, by what they are for.
struct MemoryUse {
  std::int64_t weights = 0;
  std::int64_t cache = 0;
  std::int64_t working = 0;  // tables, activations, inputs, outputs

  std::int64_t total() const { return weights + cache + working; }
};

/// Slices in which scores of consecutive query vectors lie.
inline constexpr int kScorePlaces = 3;

class MemoryPlan {
 public:
  MemoryPlan(const lpu::ChipSpec& spec, ops::Precision precision, std::string source);

  /// A tensor of `rows` vectors of `width` bytes a lane, `lanes` of them in use.
  TensorId add(std::string name, lpu::TensorKind kind, Role role, int width, std::int64_t rows,
               int lanes);
  /// Keys or values of block `block` of a layer. Blocks next to each other lie apart. `alone`: no
  /// other query vector meets it, so that it may also lie in slices whose scores it does not meet.
  TensorId add_cache(std::string name, Role role, int width, std::int64_t rows, int lanes,
                     int block, bool alone);
  /// A striped table of rows for the matrix unit, over the 16 slices of a bank of weights.
  /// `width`: bytes a lane.
  TensorId add_weights(std::string name, int bank, int width, std::int64_t rows, int lanes);
  int weight_banks() const { return 2 * groups_; }
  static lpu::Hemisphere hemisphere_of_bank(int bank) {
    return static_cast<lpu::Hemisphere>(bank % 2);
  }

  /// Gives the rows of the tensor identities of their own, there before a token runs.
  void name_rows(TensorId id);
  void set_data(TensorId id, std::vector<std::uint8_t> bytes);
  /// Errors: UserError with a table of bytes and the chips it would take, if a tensor found no
  /// place.
  void require_fit() const;

  TensorPlace place(TensorId id) const;
  /// Of one stripe of a striped tensor.
  TensorPlace place(TensorId id, int stripe) const;
  lpu::MemoryTensor& tensor(TensorId id) { return tensors_[static_cast<std::size_t>(id)]; }
  const std::vector<lpu::MemoryTensor>& tensors() const { return tensors_; }
  lpu::ValueId next_value() const { return next_value_; }
  const lpu::ChipSpec& spec() const { return spec_; }
  MemoryUse use() const;

  /// Hands over the tensors with their bytes.
  void move_to(lpu::Image& image);

 private:
  /// Slices of one hemisphere that a tensor of a role may take.
  struct Column {
    lpu::Hemisphere hemisphere = lpu::Hemisphere::kWest;
    int first_slice = 0;
    int slices = 0;
  };
  void lay_out_roles(ops::Precision precision);
  void add_cache_columns(int width);
  TensorId add_to(const std::vector<Column>& choices, lpu::MemoryTensor tensor, Role role);
  int& next_address(lpu::Hemisphere h, int slice) {
    return next_address_[static_cast<std::size_t>(h)][static_cast<std::size_t>(slice)];
  }
  /// First address that is free in all of the column's first slices.
  int free_address(const Column& column, int slices);
  TensorId push(lpu::MemoryTensor tensor, const Column& column, int addresses);
  std::vector<Column>& columns(Role role) { return columns_[static_cast<std::size_t>(role)]; }

  lpu::ChipSpec spec_;
  std::string source_;
  int groups_;  // banks of weights a hemisphere
  std::vector<std::vector<Column>> columns_;
  std::vector<int> next_address_[2];  // [hemisphere][slice]
  std::vector<lpu::MemoryTensor> tensors_;
  std::vector<std::vector<std::uint8_t>> data_;
  std::vector<bool> is_weights_;
  std::string homeless_;  // first tensor that found no place; empty if none
  std::string homeless_role_;
  lpu::ValueId next_value_ = 1;
};

}  // namespace metronome::compiler
