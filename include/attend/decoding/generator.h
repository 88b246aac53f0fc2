// Prompts in, continuations out, in the same order: tokenize, batch, search, detokenize. Nothing a prompt becomes
// depends on the prompts beside it, beyond the rounding of float32 sums.
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
  DecodingConfig decoding;     // how a beam ranks: length_penalty, candidates, stop
  std::int64_t beam = 0;       // hypotheses of beam search; 0: sampling
  std::int64_t samples = 1;    // a prompt; of a beam the best ones
  TextWindow window;           // what the scorer's tokens see
  std::int64_t batch_tokens = 16384;  // a batch's samples (hypotheses) x tokens, prompt and continuation; at least one prompt
  std::vector<std::string> stops;     // none empty
  std::vector<std::int32_t> banned;   // never generated, beside generation.ban
  std::vector<TokenBias> biases;      // -inf: never generated either
  std::optional<SpecialIds> special;  // the tokenizer's, unless others are given
  TextStart start;
};

struct Prompt {
  std::string text;
  std::optional<std::vector<std::int32_t>> ids = {};  // in place of the text's
  bool may_be_empty = false;  // without tokens it begins as `start.of_empty` says; else it becomes nothing
};

struct Prompts {
  std::span<const Prompt> all;
  std::int64_t first = 1;  // number of the first one, for warnings and random draws
};

struct Generation {
  std::string text;        // of the continuation: valid UTF-8, up to a stop string
  Hypothesis hypothesis;   // all tokens that were generated, those of the stop string too
};

// Text that is sure, as it comes.
struct TextPiece {
  std::size_t prompt;    // of those given
  std::int64_t sample;   // from 0
  std::string_view text;
  bool last;             // of this sample
};
using TextSink = std::function<void(const TextPiece&)>;

class Generator {
 public:
  // The scorer continues its sources. DataError for an empty prompt where there is nothing to begin with.
  Generator(Scorer& scorer, std::shared_ptr<const Tokenizer> tokenizer, const GeneratorOptions& options);
  // For each prompt its samples in their order, or the hypotheses of a beam, best first; for an empty one an empty text.
  // `sink` hears of samples while they are drawn.
  std::vector<std::vector<Generation>> generate(const Prompts& prompts, const TextSink& sink = {}) const;

 private:
  struct Encoded {
    std::size_t number;  // of those given
    std::vector<std::int32_t> ids;
  };
  class Listener;
  std::vector<Encoded> encode(const Prompts& prompts) const;
  std::vector<std::int32_t> begun(std::vector<std::int32_t> ids) const;
  std::size_t batch_end(std::span<const Encoded> prompts, std::size_t begin) const;
  std::vector<std::vector<Hypothesis>> search(std::span<const Encoded> prompts, std::int64_t first, const TextSink& sink) const;
  ContinuationText text_behind(const Encoded& prompt) const;
  std::string text_of(const Encoded& prompt, std::span<const std::int32_t> tokens) const;

  Scorer& scorer_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  GeneratorOptions options_;
  SearchOptions search_;
};

}  // namespace attend
