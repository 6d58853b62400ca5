// SPDX-License-Identifier: Apache-2.0
// Looking at an issue of a program, and taking trains and streams of it apart.
#pragma once

#include <vector>

#include "hw/isa/lpu/program.h"

namespace metronome::compiler::testing {

const lpu::OpcodeInfo& op(const lpu::Issue& issue);
bool is_write(const lpu::Issue& issue);
bool is_memory(const lpu::Issue& issue);

/// `count` issues of a train from number `repeat` on, with their own addresses, rows and meanings.
lpu::Issue issues_from(const lpu::Issue& issue, int repeat, int count);

/// A stream that an instruction names: a field, and how to change it.
struct StreamField {
  lpu::Field field;
  bool is_source;  // an operand of the vector unit

  lpu::StreamGroup get(const lpu::Instruction& i) const;
  void set(lpu::Instruction& i, lpu::StreamGroup group) const;
};
std::vector<StreamField> streams_of(const lpu::Instruction& i);

}  // namespace metronome::compiler::testing
