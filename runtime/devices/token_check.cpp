// SPDX-License-Identifier: Apache-2.0
#include "runtime/devices/token_check.h"

#include <fmt/core.h>

#include "hw/isa/error.h"

namespace metronome::runtime {

void require_token(const graph::Model& model, std::int64_t position, std::int64_t context,
                   std::int32_t token) {
  if (position >= context) {
    throw UserError(fmt::format("{}: context: position {} asked for, {} covered", model.source,
                                position, context));
  }
  if (token < 0 || token >= model.config.vocab) {
    throw UserError(fmt::format("{}: token: found {}, the vocabulary has {}", model.source, token,
                                model.config.vocab));
  }
}

}  // namespace metronome::runtime
