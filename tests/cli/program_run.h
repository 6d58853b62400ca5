// SPDX-License-Identifier: Apache-2.0
// Runs the metronome program as a user does, and the tiny model that its tests use.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tests/harness/model_writer.h"

namespace metronome::harness {

struct Outcome {
  int code = -1;  // exit code, or 128 and the signal that ended it
  std::string out;
  std::string err;
};

/// A folder of its own, where the program runs. Standard output and error are files: no terminal.
class Workplace {
 public:
  /// With `settings`, each NAME=VALUE, before the environment of the test.
  Outcome run(const std::vector<std::string>& words,
              const std::vector<std::string>& settings = {}) const;

  /// Starts it and returns its process; `finish` waits for it.
  pid_t start(const std::vector<std::string>& words,
              const std::vector<std::string>& settings = {}) const;
  Outcome finish(pid_t process) const;
  /// Returns once the program started last has printed something, or after a minute.
  void wait_for_output() const;

  /// A tiny llama model with a tokenizer of single characters; returns its name in the folder.
  std::string write_model(TinySpec spec = {}) const;

  [[nodiscard]] std::string read(const std::string& name) const;
  void write(const std::string& name, std::string_view text) const { folder_.write(name, text); }
  void write(const std::string& name, const Bytes& bytes) const { folder_.write(name, bytes); }
  [[nodiscard]] bool has(const std::string& name) const;
  /// Names in the folder that a run left, sorted.
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] std::filesystem::path path() const { return folder_.path(); }

 private:
  TempFolder folder_;
  TempFolder streams_;
};

/// The tiny model's file, open to change.
GgufBuilder tiny_gguf_with_tokenizer(const TinySpec& spec);

}  // namespace metronome::harness
