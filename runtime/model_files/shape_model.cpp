// SPDX-License-Identifier: Apache-2.0
#include "runtime/model_files/shape_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "runtime/model_files/shape_weights.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::runtime {
namespace {

constexpr std::string_view kPrefix = "shape:";
constexpr std::string_view kWeights = "weights=";
constexpr std::string_view kSeed = "seed:";
constexpr std::uint64_t kDefaultSeed = 1;
constexpr const char* kSpace = "\xE2\x96\x81";  // U+2581, how pieces spell it

enum class Family : std::uint8_t { kLlama, kQwen2, kGpt2, kBert };

struct Shape {
  std::string_view name;
  Family family;
  std::int64_t width;
  std::int64_t layers;
  std::int64_t heads;
  std::int64_t kv_heads;
  std::int64_t ffn;
  std::int64_t vocab;
  std::int64_t context;  // positions
  float norm_eps;
  double rope_base;
};

constexpr Shape kShapes[] = {
#define SHAPE(name, family, width, layers, heads, kv_heads, ffn, vocab, context, eps, base) \
  {name, Family::family, width, layers, heads, kv_heads, ffn, vocab, context, eps, base},
#include "runtime/model_files/shapes.def"
#undef SHAPE
};

struct Words {
  const Shape* shape;
  std::int64_t layers;
  ShapeWeights weights;
};

template <typename Number>
bool is_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

ShapeWeights weights_of(const std::string& source, std::string_view text) {
  using Kind = ShapeWeights::Kind;
  if (text.empty()) return {Kind::kRandom, kDefaultSeed};
  if (text.starts_with(kWeights)) {
    const std::string_view value = text.substr(kWeights.size());
    std::uint64_t seed = 0;
    if (value == "zero") return {Kind::kZero, 0};
    if (value == "largest") return {Kind::kLargest, 0};
    if (value.starts_with(kSeed) && is_number(value.substr(kSeed.size()), seed)) {
      return {Kind::kRandom, seed};
    }
  }
  refuse(source, "weights",
         fmt::format("found '{}', expected weights=seed:N, weights=zero or weights=largest",
                     printable(text)));
}

const Shape& shape_of(const std::string& source, std::string_view name) {
  const auto* found = std::ranges::find(kShapes, name, &Shape::name);
  if (found != std::end(kShapes)) return *found;
  refuse(source, "shape",
         fmt::format("found '{}', there are {}", printable(name), fmt::join(shape_names(), ", ")));
}

Words words_of(const std::string& source) {
  std::string_view rest = std::string_view(source).substr(kPrefix.size());
  const std::size_t question = rest.find('?');
  const bool asks = question != std::string_view::npos;
  const std::string_view options = asks ? rest.substr(question + 1) : std::string_view();
  rest = rest.substr(0, question);
  const std::size_t slash = rest.find('/');
  const Shape& shape = shape_of(source, rest.substr(0, slash));
  std::int64_t layers = shape.layers;
  if (slash != std::string_view::npos) {
    const std::string_view text = rest.substr(slash + 1);
    if (!is_number(text, layers) || layers < 1 || layers > shape.layers) {
      refuse(source, "layers",
             fmt::format("found '{}', must be 1 to {}", printable(text), shape.layers));
    }
  }
  return {&shape, layers, weights_of(source, options)};
}

graph::ModelConfig config_of(const Shape& s, std::int64_t layers) {
  graph::ModelConfig c;
  c.width = s.width;
  c.layers = layers;
  c.heads = s.heads;
  c.kv_heads = s.kv_heads;
  c.head_dim = s.width / s.heads;
  c.ffn = s.ffn;
  c.vocab = s.vocab;
  c.context = s.context;
  c.rms_eps = s.norm_eps;
  c.rope.base = s.rope_base;
  c.tied_head = s.family != Family::kBert;
  switch (s.family) {
    case Family::kLlama:
      c.architecture = "llama";
      return c;
    case Family::kQwen2:
      c.architecture = "qwen2";
      return c;
    case Family::kGpt2:
      c.architecture = "gpt2";
      c.activation = graph::Activation::kGeluTanh;
      break;
    case Family::kBert:
      c.architecture = "bert";
      c.activation = graph::Activation::kGeluErf;
      c.norm_placement = graph::NormPlacement::kAfter;
      c.attention = graph::AttentionSpan::kBidirectional;
      break;
  }
  c.norm = graph::NormKind::kLayer;
  c.position = graph::PositionKind::kLearned;
  c.feed_forward = graph::FeedForward::kPlain;
  return c;
}

/// Makes the parameters of one model, each named as GGUF names it.
class Maker {
 public:
  Maker(const Words& words, std::string source) : shape_(*words.shape), weights_(words.weights) {
    model_.source = std::move(source);
    model_.config = config_of(shape_, words.layers);
    all_ = model_.config.norm == graph::NormKind::kLayer;
  }

  graph::Model run() {
    const graph::ModelConfig& c = model_.config;
    model_.embedding = weights_.matrix("token_embd", c.vocab, c.width);
    if (all_) model_.positions = weights_.matrix("position_embd", c.context, c.width);
    const bool norm_first = c.norm_placement == graph::NormPlacement::kBefore;
    if (norm_first) {
      model_.final_norm = weights_.norm("output_norm", c.width);
      if (all_) model_.final_norm_bias = weights_.bias("output_norm.bias", c.width);
    } else {
      model_.embedding_norm = weights_.norm("token_embd_norm", c.width);
      model_.embedding_norm_bias = weights_.bias("token_embd_norm.bias", c.width);
    }
    for (std::int64_t l = 0; l < c.layers; ++l) {
      model_.layers.push_back(layer("blk." + std::to_string(l) + "."));
    }
    model_.notes.push_back(weights_.note());
    return std::move(model_);
  }

 private:
  graph::Layer layer(const std::string& at) const {
    const graph::ModelConfig& c = model_.config;
    const std::int64_t kv = c.kv_heads * c.head_dim;
    const double gain = 1.0 / std::sqrt(2.0 * static_cast<double>(shape_.layers));
    graph::Layer l;
    l.attention_norm = weights_.norm(at + "attn_norm", c.width);
    l.query = weights_.matrix(at + "attn_q", c.width, c.width);
    l.key = weights_.matrix(at + "attn_k", kv, c.width);
    l.value = weights_.matrix(at + "attn_v", kv, c.width);
    l.attention_output = weights_.matrix(at + "attn_output", c.width, c.width, gain);
    l.ffn_norm = weights_.norm(at + "ffn_norm", c.width);
    if (!all_) l.ffn_gate = weights_.matrix(at + "ffn_gate", c.ffn, c.width);
    l.ffn_up = weights_.matrix(at + "ffn_up", c.ffn, c.width);
    l.ffn_down = weights_.matrix(at + "ffn_down", c.width, c.ffn, gain);
    if (shape_.family == Family::kLlama) return l;
    l.query_bias = weights_.bias(at + "attn_q.bias", c.width);
    l.key_bias = weights_.bias(at + "attn_k.bias", kv);
    l.value_bias = weights_.bias(at + "attn_v.bias", kv);
    if (!all_) return l;
    l.attention_norm_bias = weights_.bias(at + "attn_norm.bias", c.width);
    l.output_bias = weights_.bias(at + "attn_output.bias", c.width);
    l.ffn_norm_bias = weights_.bias(at + "ffn_norm.bias", c.width);
    l.up_bias = weights_.bias(at + "ffn_up.bias", c.ffn);
    l.down_bias = weights_.bias(at + "ffn_down.bias", c.width);
    return l;
  }

  const Shape& shape_;
  ShapeWeights weights_;
  bool all_ = false;  // biases everywhere, learned positions, a plain feed-forward
  graph::Model model_;
};

/// " ba", " be", ... in base 100, a syllable a digit.
std::string made_up_word(std::int64_t number) {
  constexpr std::string_view kConsonants = "bcdfghjklmnpqrstvwxz";
  constexpr std::string_view kVowels = "aeiou";
  constexpr std::int64_t kSyllables = 100;
  std::string word;
  do {
    const auto digit = static_cast<std::size_t>(number % kSyllables);
    word = std::string{kConsonants[digit / kVowels.size()], kVowels[digit % kVowels.size()]} + word;
    number /= kSyllables;
  } while (number > 0);
  return kSpace + word;
}

}  // namespace

bool is_shape(const std::filesystem::path& word) { return word.string().starts_with(kPrefix); }

std::vector<std::string> shape_names() {
  std::vector<std::string> names;
  for (const Shape& shape : kShapes) names.emplace_back(shape.name);
  return names;
}

graph::Model load_shape(const std::string& word) { return Maker(words_of(word), word).run(); }

TokenizerData shape_tokenizer(std::int64_t vocab) {
  constexpr std::int64_t kBytes = 256;
  TokenizerData data;
  for (std::int64_t id = 0; id < vocab; ++id) {
    const bool byte = id < kBytes;
    data.pieces.push_back(byte ? fmt::format("<0x{:02X}>", id) : made_up_word(id - kBytes));
    data.types.push_back(byte ? TokenType::kByte : TokenType::kNormal);
  }
  data.pieces[' '] = kSpace;
  data.types[' '] = TokenType::kNormal;
  data.scores.assign(data.pieces.size(), 0.0F);
  data.bos = '\n';
  return data;
}

}  // namespace metronome::runtime
