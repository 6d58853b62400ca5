// SPDX-License-Identifier: Apache-2.0
// The operators' plain loops, one token at a time: the numbers that the chip must reproduce.
#pragma once

#include <map>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/ops/ops.h"
#include "runtime/devices/device.h"

namespace metronome::runtime {

class ReferenceDevice : public Device {
 public:
  /// `model` must outlive the device. `geometry` is that of the chip to be compared with.
  ReferenceDevice(const graph::Model& model, ops::Geometry geometry, std::int64_t context);

  std::string name() const override { return "reference"; }
  std::int64_t context() const override { return context_; }
  std::int64_t vocab() const override { return model_.config.vocab; }
  void reset() override;
  TokenResult step(std::int32_t token) override;
  std::int64_t instructions_issued() const override { return 0; }
  std::int64_t macs() const override { return macs_; }
  hw::Counters counters() const override;

 private:
  ops::Values evaluate(const graph::OpNode& node, std::int32_t token);
  int block_of(const graph::OpNode& node) const;

  const graph::Model& model_;
  graph::Graph graph_;
  ops::Geometry geometry_;
  std::int64_t context_;
  std::map<const graph::Matrix*, ops::HalfMatrix> weights_;
  std::vector<std::vector<ops::Values>> keys_;  // [layer][position]
  std::vector<std::vector<ops::Values>> values_;
  std::vector<ops::Values> results_;  // [node]
  std::int64_t position_ = 0;
  std::int64_t macs_ = 0;
};

}  // namespace metronome::runtime
