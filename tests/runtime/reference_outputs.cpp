// SPDX-License-Identifier: Apache-2.0
// What the reference executor makes of token ids, for a test that is not C++.
// Usage: reference_outputs MODEL ID...
// Of a decoder a line of logits for each token; of an encoder a line of hidden values for each,
// then the embedding.
#include <fmt/core.h>

#include <cstdlib>
#include <exception>
#include <systemc>

#include "runtime/devices/reference_device.h"
#include "runtime/model_files/load_model.h"

namespace {

void print(std::span<const float> values) {
  for (const float value : values) fmt::print("{:.9g} ", value);
  fmt::print("\n");
}

void run(const char* path, const std::vector<std::int32_t>& ids) {
  const metronome::graph::Model model = metronome::runtime::load_model(path);
  metronome::runtime::ReferenceDevice device(model, {}, model.config.context);
  if (!model.config.is_encoder()) {
    for (const std::int32_t id : ids) print(device.step(id).logits);
    return;
  }
  const metronome::runtime::Encoding encoding = device.encode(ids);
  for (const auto& hidden : encoding.hidden) print(hidden);
  print(encoding.embedding);
}

}  // namespace

int sc_main(int argc, char** argv) {
  if (argc < 3) return 2;
  std::vector<std::int32_t> ids;
  for (int i = 2; i < argc; ++i) {
    ids.push_back(static_cast<std::int32_t>(std::strtol(argv[i], nullptr, 10)));
  }
  try {
    run(argv[1], ids);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
  return 0;
}
