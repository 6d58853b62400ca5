// SPDX-License-Identifier: Apache-2.0
// What the devices that compute on the host ask of a token before they take it.
#pragma once

#include <cstdint>

#include "compiler/graph/model.h"

namespace metronome::runtime {

/// Errors: UserError if `position` is not below `context`, or `token` is outside the vocabulary.
void require_token(const graph::Model& model, std::int64_t position, std::int64_t context,
                   std::int32_t token);

}  // namespace metronome::runtime
