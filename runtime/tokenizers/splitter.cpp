// SPDX-License-Identifier: Apache-2.0
#include "runtime/tokenizers/splitter.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>

#include "hw/isa/error.h"

namespace metronome::runtime {
namespace {

struct KnownSplitter {
  std::string_view name;
  std::string_view first_stage;  // empty: none
  std::string_view regex;        // as published with the model
};

// Source: GPT-2 encoder.py; tokenizer.json of Llama-3, Qwen2 and SmolLM.
constexpr std::string_view kGpt2 =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr KnownSplitter kSplitters[] = {
    {"gpt2", "", kGpt2},
    {"smollm", R"(\p{N})", kGpt2},
    {"llama3", "",
     R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|)"
     R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
    {"qwen2", "",
     R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|)"
     R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
};

const KnownSplitter* find_splitter(std::string_view name) {
  const auto* found = std::ranges::find(kSplitters, name, &KnownSplitter::name);
  return found == std::end(kSplitters) ? nullptr : found;
}

// PCRE2's \s holds U+180E, which Unicode took out of White_Space; so the set is spelt out.
std::string spell_out_spaces(std::string_view regex) {
  constexpr std::string_view kSpaces = R"(\x09-\x0d\x20\x{85}\x{a0}\x{1680}\x{2000}-\x{200a})"
                                       R"(\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})";
  std::string spelled;
  bool in_class = false;
  for (std::size_t at = 0; at < regex.size(); ++at) {
    const char letter = regex[at];
    if (letter == '[') in_class = true;
    if (letter == ']') in_class = false;
    const char escaped = letter == '\\' ? regex[at + 1] : '\0';
    if (escaped == 's' || escaped == 'S') {
      const std::string set = in_class ? std::string(kSpaces)
                                       : (escaped == 's' ? "[" : "[^") + std::string(kSpaces) + "]";
      spelled.append(set);
      ++at;
    } else {
      spelled.push_back(letter);
    }
  }
  return spelled;
}

}  // namespace

class Splitter::Pattern {
 public:
  explicit Pattern(std::string_view regex) {
    const std::string spelled = spell_out_spaces(regex);
    int error = 0;
    PCRE2_SIZE at = 0;
    code_ = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(spelled.data()), spelled.size(),
                          PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF, &error, &at, nullptr);
    check(code_ != nullptr, "tokenizers", 0, "a splitter's regex does not compile");
    pcre2_jit_compile(code_, PCRE2_JIT_COMPLETE);  // only faster: a failure changes nothing
  }
  ~Pattern() { pcre2_code_free(code_); }
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;

  void split(std::string_view text, std::vector<std::string_view>& words) const {
    const std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> match(
        pcre2_match_data_create_from_pattern(code_, nullptr), &pcre2_match_data_free);
    const auto* subject = reinterpret_cast<PCRE2_SPTR>(text.data());
    std::size_t at = 0;
    while (at < text.size()) {
      int found = pcre2_match(code_, subject, text.size(), at, 0, match.get(), nullptr);
      if (found == PCRE2_ERROR_NOMATCH) break;
      if (found < 0) {  // the fast matcher has a small stack
        found = pcre2_match(code_, subject, text.size(), at, PCRE2_NO_JIT, match.get(), nullptr);
      }
      if (found == PCRE2_ERROR_NOMATCH) break;
      check(found > 0, "tokenizers", 0, "a splitter's regex ran into a limit of the matcher");
      const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(match.get());
      if (bounds[0] > at) words.push_back(text.substr(at, bounds[0] - at));
      if (bounds[1] <= bounds[0]) break;
      words.push_back(text.substr(bounds[0], bounds[1] - bounds[0]));
      at = bounds[1];
    }
    if (at < text.size()) words.push_back(text.substr(at));
  }

 private:
  pcre2_code* code_;
};

bool is_known_splitter(std::string_view name) { return find_splitter(name) != nullptr; }

std::optional<std::string> splitter_of_gguf(std::string_view pre) {
  for (const std::string_view name : {"llama-bpe", "llama3", "llama-v3"}) {
    if (pre == name) return "llama3";
  }
  for (const std::string_view name : {"qwen2", "deepseek-r1-qwen"}) {
    if (pre == name) return "qwen2";
  }
  for (const std::string_view name : {"gpt-2", "gpt2"}) {
    if (pre == name) return "gpt2";
  }
  if (pre == "smollm") return "smollm";
  return std::nullopt;
}

std::optional<std::string> splitter_of_regex(std::string_view regex) {
  for (const KnownSplitter& known : kSplitters) {
    if (known.first_stage.empty() && known.regex == regex) return std::string(known.name);
  }
  return std::nullopt;
}

Splitter::Splitter(std::string_view name) {
  const KnownSplitter* known = find_splitter(name);
  check(known != nullptr, "tokenizers", 0, "unknown splitter");
  if (!known->first_stage.empty()) {
    stages_.push_back(std::make_unique<Pattern>(known->first_stage));
  }
  stages_.push_back(std::make_unique<Pattern>(known->regex));
}

Splitter::~Splitter() = default;
Splitter::Splitter(Splitter&&) noexcept = default;
Splitter& Splitter::operator=(Splitter&&) noexcept = default;

std::vector<std::string_view> Splitter::split(std::string_view text) const {
  std::vector<std::string_view> words = {text};
  for (const auto& stage : stages_) {
    std::vector<std::string_view> finer;
    for (const std::string_view word : words) stage->split(word, finer);
    words = std::move(finer);
  }
  return words;
}

}  // namespace metronome::runtime
