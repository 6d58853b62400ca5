// SPDX-License-Identifier: Apache-2.0
// The rows of the speed table, each measured in a process of its own: SystemC elaborates once.
#pragma once

#include <span>
#include <string_view>

#include "tests/bench/speed_row.h"

namespace metronome::bench {

struct RowMaker {
  std::string_view name;
  std::string_view sentence;
  SpeedRow (*make)();
};

SpeedRow decode_110m();
SpeedRow decode_260k();
SpeedRow gpu_layers();
SpeedRow first_token();

inline constexpr RowMaker kRows[] = {
    {"decode-110m", "one token after the other of a llama-110m in int8 on groq1", decode_110m},
    {"decode-260k", "one token after the other of a llama-260k in fp16 on groq1", decode_260k},
    {"gpu-decode", "a token of two llama-1b layers on the H100 model", gpu_layers},
    {"first-token", "opening the shipped model's image until its first token", first_token},
};

}  // namespace metronome::bench
