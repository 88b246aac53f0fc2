// Takes prompts and returns their continuations in the same order. It tokenizes, batches, searches and detokenizes.
// What a prompt becomes does not depend on the prompts beside it, beyond the rounding of float32 sums.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attend/decoding/continuation_text.h"
#include "attend/decoding/hypothesis.h"
#include "attend/decoding/scorer.h"
#include "attend/decoding/search_options.h"
#include "attend/decoding/text_start.h"
#include "attend/decoding/text_window.h"

namespace attend {

struct GeneratorOptions {
  GenerationConfig generation;
  DecodingConfig decoding;   // says how a beam ranks: length_penalty, candidates, stop
  std::int64_t beam = 0;     // hypotheses of beam search; 0: sampling
  std::int64_t samples = 1;  // samples per prompt; with a beam, its best hypotheses
  TextWindow window;         // says what a token sees; the scorer must have the same
  // Limits a batch's samples (hypotheses) x tokens, prompt and continuation. A batch has at least one prompt.
  std::int64_t batch_tokens = 16384;
  std::vector<std::string> stops;     // stop strings, none of them empty
  std::vector<std::int32_t> banned;   // tokens that are never generated, besides generation.ban
  std::vector<TokenBias> biases;      // -inf: the token is never generated either
  std::optional<SpecialIds> special;  // absent: those of the tokenizer
  TextStart start;
};

struct Prompt {
  std::string text;
  std::optional<std::vector<std::int32_t>> ids = {};  // tokens in place of the text
  // A prompt without tokens begins as `start.of_empty` says where this is true; else its result is empty.
  bool may_be_empty = false;
};

struct Prompts {
  std::span<const Prompt> all;
  std::int64_t first = 1;  // number of the first prompt, for warnings and random draws
};

struct Generation {
  std::string text;       // the continuation in valid UTF-8, up to a stop string
  Hypothesis hypothesis;  // all generated tokens, those of the stop string too
};

// A piece of text that is sure, given as it comes.
struct TextPiece {
  // Index of the prompt among those given.
  std::size_t prompt;
  std::int64_t sample;  // number of the sample, from 0
  std::string_view text;
  bool last;  // true: it is the last piece of this sample
};
using TextSink = std::function<void(const TextPiece&)>;

class PromptWarnings;

class Generator {
 public:
  // The scorer must continue its sources, and outlive the generator. ConfigError for a piece of generation.ban that is
  // not in the vocabulary.
  Generator(Scorer& scorer, std::shared_ptr<const Tokenizer> tokenizer, const GeneratorOptions& options);
  ~Generator();  // sums up what it warned of
  // Returns the samples of each prompt in their order or, of a beam, its hypotheses, best first. An empty prompt gets
  // one empty text, unless it may be empty; DataError where it may be and there is nothing to begin with. `sink` hears
  // of samples while they are drawn.
  std::vector<std::vector<Generation>> generate(const Prompts& prompts, const TextSink& sink = {}) const;

 private:
  struct Encoded {
    std::size_t number;  // index of the prompt among those given
    std::vector<std::int32_t> ids;
  };
  class Listener;
  std::vector<Encoded> encode(const Prompts& prompts) const;
  std::vector<std::int32_t> begun(std::vector<std::int32_t> ids) const;
  std::size_t batch_end(std::span<const Encoded> prompts, std::size_t begin) const;
  std::vector<std::vector<Hypothesis>> search(std::span<const Encoded> prompts, std::int64_t first,
                                              const TextSink& sink) const;
  ContinuationText text_behind(const Encoded& prompt) const;
  std::string text_of(const Encoded& prompt, std::span<const std::int32_t> tokens) const;

  Scorer& scorer_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  GeneratorOptions options_;
  SearchOptions search_;
  std::unique_ptr<PromptWarnings> warnings_;
};

}  // namespace attend
