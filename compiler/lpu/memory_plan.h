// SPDX-License-Identifier: Apache-2.0
// Which slices a tensor lives in. Tensors that one stream program touches together must not share a
// slice, since a slice does one access a cycle; so each role has memory columns of its own. Weights
// take the 16 slices nearest the matrix unit of each hemisphere.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/lpu/cluster.h"
#include "hw/isa/lpu/image.h"

namespace metronome::compiler {

enum class Role : std::uint8_t {
  kResidual,  // x, logits
  kVectors,   // queries, per-token scalars, up projection, sine table
  kKeys,
  kActivationsWest,
  kTemporary,   // raw projections, scores
  kParameters,  // norm weights, biases, mask, cosine table
  kValues,
  kActivationsEast,
  kMaps,  // gather and scatter maps from the host
  kWeightsWest,
  kWeightsEast,
};

class MemoryPlan {
 public:
  explicit MemoryPlan(const lpu::ChipSpec& spec, std::string source);

  /// A tensor of `rows` vectors of `width` bytes a lane, `lanes` of them in use.
  /// Errors: UserError with the bytes needed and there, if the role's slices are full.
  TensorId add(std::string name, lpu::TensorKind kind, Role role, int width, std::int64_t rows,
               int lanes);
  /// A striped table of fp16 rows for the matrix unit: 8 stripes over the 16 weight slices.
  TensorId add_weights(std::string name, lpu::Hemisphere h, std::int64_t rows, int lanes);

  /// Gives the rows of the tensor identities of their own, there before a token runs.
  void name_rows(TensorId id);
  void set_data(TensorId id, std::vector<std::uint8_t> bytes);

  TensorPlace place(TensorId id) const;
  /// Of one stripe of a striped tensor.
  TensorPlace place(TensorId id, int stripe) const;
  lpu::MemoryTensor& tensor(TensorId id) { return tensors_[static_cast<std::size_t>(id)]; }
  const std::vector<lpu::MemoryTensor>& tensors() const { return tensors_; }
  lpu::ValueId next_value() const { return next_value_; }
  const lpu::ChipSpec& spec() const { return spec_; }
  std::int64_t bytes_used() const;

  /// Hands over the tensors with their bytes.
  void move_to(lpu::Image& image);

 private:
  struct Column {
    lpu::Hemisphere hemisphere = lpu::Hemisphere::kWest;
    int first_slice = 0;
    int slices = 0;
    int next_address = 0;
  };
  TensorId push(lpu::MemoryTensor tensor, Column& column, int addresses);
  std::vector<Column>& columns(Role role) { return columns_[static_cast<std::size_t>(role)]; }
  [[noreturn]] void full(const std::string& name, Role role, std::int64_t addresses) const;

  lpu::ChipSpec spec_;
  std::string source_;
  std::vector<std::vector<Column>> columns_;
  std::vector<lpu::MemoryTensor> tensors_;
  std::vector<std::vector<std::uint8_t>> data_;
  lpu::ValueId next_value_ = 1;
};

}  // namespace metronome::compiler
