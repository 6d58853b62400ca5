// SPDX-License-Identifier: Apache-2.0
// Writes the tiny model of the tests, with its tokenizer, for tests that are not C++.
// Usage: tiny_model FILE.gguf
#include <cstdio>
#include <fstream>

#include "tests/cli/program_run.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("Usage: tiny_model FILE.gguf\n", stderr);
    return 2;
  }
  metronome::harness::TinySpec spec;
  spec.layers = 2;
  spec.context = 16;
  const auto bytes = metronome::harness::tiny_gguf_with_tokenizer(spec).bytes();
  std::ofstream file(argv[1], std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  return file.good() ? 0 : 1;
}
