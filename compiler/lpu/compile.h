// SPDX-License-Identifier: Apache-2.0
// Model -> program image: plan memory, lower each operator to stream programs, schedule them, check
// the schedule, emit. The same model and chip give the same bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "compiler/graph/model.h"
#include "compiler/lpu/schedulers.h"
#include "compiler/ops/precision.h"
#include "hw/isa/lpu/image.h"

namespace metronome::compiler {

struct CompileOptions {
  std::string model_name;
  std::vector<std::uint8_t> tokenizer;
  std::int64_t context = 0;  // positions; 0 takes the model's
  ops::Precision precision = ops::Precision::kFp16;
  const Scheduler* scheduler = &default_scheduler();
  bool judge = true;
  /// Told of each program as it is begun; may be empty.
  std::function<void(const std::string&)> progress;
};

/// Errors: UserError if the model does not fit the chip or cannot be expressed on it.
lpu::Image compile(const graph::Model& model, const lpu::ChipSpec& spec,
                   const CompileOptions& options);

}  // namespace metronome::compiler
