// SPDX-License-Identifier: Apache-2.0
// The decode step in plain fp32 with the file's own weights and the host's exp, tanh and square
// root: no chip's numerics. What every precision is measured against.
#pragma once

#include <map>
#include <vector>

#include "compiler/graph/graph.h"
#include "runtime/devices/device.h"

namespace metronome::runtime {

class Fp32Device : public Device {
 public:
  /// `model` must outlive the device. Holds all weights as fp32.
  Fp32Device(const graph::Model& model, std::int64_t context);

  std::string name() const override { return "fp32"; }
  std::int64_t context() const override { return context_; }
  std::int64_t vocab() const override { return model_.config.vocab; }
  void reset() override;
  TokenResult step(std::int32_t token) override;
  std::int64_t instructions_issued() const override { return 0; }
  std::int64_t macs() const override { return macs_; }
  hw::Counters counters() const override;

 private:
  using Floats = std::vector<float>;

  Floats evaluate(const graph::OpNode& node, std::int32_t token);
  Floats embed(const graph::OpNode& node, std::int32_t token) const;
  Floats normalise(const graph::OpNode& node) const;
  Floats centre_and_normalise(const graph::OpNode& node) const;
  Floats add_position(const graph::OpNode& node) const;
  Floats multiply(const graph::OpNode& node);
  Floats rotate(const graph::OpNode& node) const;
  Floats attend(const graph::OpNode& node) const;
  Floats gate(const graph::OpNode& node) const;
  const Floats& input(const graph::OpNode& node, std::size_t i) const;

  const graph::Model& model_;
  graph::Graph graph_;
  std::int64_t context_;
  std::map<const graph::Matrix*, Floats> weights_;  // [rows, cols]
  std::vector<std::vector<Floats>> keys_;           // [layer][position]
  std::vector<std::vector<Floats>> values_;
  std::vector<Floats> results_;  // [node]
  std::int64_t position_ = 0;
  std::int64_t macs_ = 0;
};

}  // namespace metronome::runtime
