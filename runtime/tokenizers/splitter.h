// SPDX-License-Identifier: Apache-2.0
// How byte-level tokenizers cut a text into words before merging: one regex a model family.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace metronome::runtime {

inline constexpr const char* kKnownSplitters = "gpt2, llama3, qwen2, smollm";

bool is_known_splitter(std::string_view name);

/// Our name for what `tokenizer.ggml.pre` calls a splitter; empty if unknown.
std::optional<std::string> splitter_of_gguf(std::string_view pre);

/// Our name for the regex of a tokenizer.json Split pre-tokenizer; empty if unknown. A regex from
/// a file is compared, never run.
std::optional<std::string> splitter_of_regex(std::string_view regex);

class Splitter {
 public:
  /// `name` must be known.
  explicit Splitter(std::string_view name);
  ~Splitter();
  Splitter(Splitter&&) noexcept;
  Splitter& operator=(Splitter&&) noexcept;

  /// Consecutive views that cover `text`, none empty. What no regex matches (ill-formed UTF-8) is
  /// a word of its own.
  [[nodiscard]] std::vector<std::string_view> split(std::string_view text) const;

 private:
  class Pattern;
  std::vector<std::unique_ptr<Pattern>> stages_;  // each cuts the words of the one before
};

}  // namespace metronome::runtime
