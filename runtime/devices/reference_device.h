// SPDX-License-Identifier: Apache-2.0
// The operators' plain loops, one token at a time: the numbers that the chip must reproduce.
#pragma once

#include <map>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/ops/int8_ops.h"
#include "compiler/ops/ops.h"
#include "compiler/ops/precision.h"
#include "runtime/devices/device.h"

namespace metronome::runtime {

/// What an encoder makes of a sequence.
struct Encoding {
  std::vector<ops::Values> hidden;  // [tokens][width]
  ops::Values embedding;            // [width]: their mean, of length 1
};

class ReferenceDevice : public Device {
 public:
  /// `model` must outlive the device. `geometry` is that of the chip to be compared with.
  /// Errors: UserError for a weight that the precision cannot hold.
  ReferenceDevice(const graph::Model& model, ops::Geometry geometry, std::int64_t context,
                  ops::Precision precision = ops::Precision::kFp16);

  std::string name() const override { return "reference"; }
  ops::Precision precision() const { return precision_; }
  std::int64_t context() const override { return context_; }
  std::int64_t vocab() const override { return model_.config.vocab; }
  void reset() override;
  TokenResult step(std::int32_t token) override;
  /// Takes a whole sequence through an encoder; what was fed before is forgotten.
  /// Shapes: tokens [1 to context()].
  /// Errors: UserError for a decoder's model, too many tokens or none, an id out of range.
  Encoding encode(std::span<const std::int32_t> tokens);
  std::int64_t instructions_issued() const override { return 0; }
  std::int64_t macs() const override { return macs_; }
  hw::Counters counters() const override;

 private:
  ops::Values evaluate(const graph::OpNode& node, std::int32_t token);
  ops::Values embed(const graph::OpNode& node, std::int32_t token) const;
  ops::Values normalise(const graph::OpNode& node);
  ops::Values multiply(const graph::OpNode& node);
  void append(const graph::OpNode& node);
  ops::Values attend(const graph::OpNode& node) const;
  ops::Values add_position(const graph::OpNode& node) const;
  int block_of(const graph::OpNode& node) const;
  const ops::Values& input(const graph::OpNode& node, std::size_t i) const;
  /// The first input as integers, made when first asked for.
  const ops::QuantisedVector& quantised_input(const graph::OpNode& node);
  bool integer() const { return precision_ != ops::Precision::kFp16; }

  const graph::Model& model_;
  graph::Graph graph_;
  ops::Geometry geometry_;
  std::int64_t context_;
  ops::Precision precision_;
  std::map<const graph::Matrix*, ops::HalfMatrix> half_weights_;  // in fp16
  std::map<const graph::Matrix*, ops::Int8Matrix> int8_weights_;  // in int8 and w8a16
  std::vector<std::vector<ops::Values>> keys_;                    // [layer][position]
  std::vector<std::vector<ops::Values>> values_;
  std::vector<ops::Values> results_;            // [node]
  std::vector<ops::QuantisedVector> integers_;  // [node], empty where nobody asked
  std::int64_t position_ = 0;
  std::int64_t macs_ = 0;
};

}  // namespace metronome::runtime
