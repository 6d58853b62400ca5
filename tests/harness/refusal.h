// SPDX-License-Identifier: Apache-2.0
// What is refused, and in which words.
#pragma once

#include <functional>
#include <string>

#include "hw/isa/error.h"

namespace metronome::harness {

/// The message of the UserError that `act` ends with; "accepted" if it ends well.
inline std::string refusal(const std::function<void()>& act) {
  try {
    act();
  } catch (const UserError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace metronome::harness
