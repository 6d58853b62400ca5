// SPDX-License-Identifier: Apache-2.0
// The memory map of a program: where each tensor lies, and from when to when it is in use.
#pragma once

#include <boost/json.hpp>

#include "compiler/lpu/schedule_graph.h"

namespace metronome::report {

/// One row a tensor, in the image's order.
boost::json::array memory_rows(const lpu::Image& image, const compiler::ScheduleGraph& graph);

}  // namespace metronome::report
