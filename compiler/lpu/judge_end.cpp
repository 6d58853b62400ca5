// SPDX-License-Identifier: Apache-2.0
// The judge's rules for what a program leaves behind: the outputs meant, whole rows of state, and
// the cycle in which all is done.
#include <fmt/core.h>

#include <algorithm>

#include "compiler/lpu/judge.h"

namespace metronome::compiler {

using lpu::Cycle;
using lpu::TensorKind;
using lpu::ValueId;

std::string Judge::holds(const Cell& c) const {
  if (c.written < 0) {
    return fmt::format("value {} byte {} from before the program", c.value, c.byte);
  }
  return fmt::format("value {} byte {} from {} at cycle {}", c.value, c.byte,
                     queues_[static_cast<std::size_t>(c.by)].path,
                     c.written + lpu::barrier_cycles());
}

void Judge::check_outputs() {
  const lpu::MemoryTensor& t = image_.tensors[image_.logits];
  if (static_cast<std::int64_t>(program_.outputs.size()) != t.rows) {
    return fail(0, fmt::format("program {} names {} output rows, {} has {}", program_.name,
                               program_.outputs.size(), t.name, t.rows));
  }
  for (std::int64_t r = 0; r < t.rows && !conflict_; ++r) {
    for (int b = 0; b < t.width; ++b) {
      const lpu::QueueId queue = lpu::mem_queue(image_.chip, t.hemisphere, t.slice(r, b));
      const Cell& c = cell(queue, t.address_of(r));
      const ValueId meant = program_.outputs[static_cast<std::size_t>(r)];
      if (c.written < 0 || c.value != meant || c.byte != b) {
        fail(program_.predicted_cycles,
             fmt::format("row {} of {} means value {} byte {} in {} by cycle {}, which holds {}", r,
                         t.name, meant, b, queues_[static_cast<std::size_t>(queue)].path,
                         program_.predicted_cycles, holds(c)));
      }
    }
  }
}

/// All bytes of a row that the next token may read must be of one value.
void Judge::check_states() {
  for (const lpu::MemoryTensor& t : image_.tensors) {
    if (t.kind != TensorKind::kState) continue;
    for (std::int64_t r = 0; r < t.rows && !conflict_; ++r) {
      const auto queue = [&](int b) {
        return lpu::mem_queue(image_.chip, t.hemisphere, t.slice(r, b));
      };
      const Cell& first = cell(queue(0), t.address_of(r));
      for (int b = 1; b < t.width; ++b) {
        const Cell& c = cell(queue(b), t.address_of(r));
        if (c.value == first.value && c.byte == b) continue;
        fail(
            program_.predicted_cycles,
            fmt::format("row {} of {} is torn at cycle {}: {} holds {}, {} holds {}", r, t.name,
                        program_.predicted_cycles, queues_[static_cast<std::size_t>(queue(0))].path,
                        holds(first), queues_[static_cast<std::size_t>(queue(b))].path, holds(c)));
      }
    }
  }
}

void Judge::check_end() {
  Cycle end = 0;
  const lpu::QueueProgram* last = nullptr;
  for (const lpu::QueueProgram& q : program_.queues) {
    for (const lpu::Issue& i : q.issues) {
      if (lpu::completion(i, image_.chip) <= end) continue;
      end = lpu::completion(i, image_.chip);
      last = &q;
    }
  }
  if (end + lpu::barrier_cycles() == program_.predicted_cycles) return;
  fail(end, fmt::format(
                "program {} predicts {} cycles, {} is done at cycle {}", program_.name,
                program_.predicted_cycles,
                last == nullptr ? "nothing" : queues_[static_cast<std::size_t>(last->queue)].path,
                end + lpu::barrier_cycles()));
}

}  // namespace metronome::compiler
