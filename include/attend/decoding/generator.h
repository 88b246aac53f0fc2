// Prompts in, continuations out, in the same order: tokenize, crop, batch, search, detokenize. Nothing a prompt becomes
// depends on the prompts beside it, beyond the rounding of float32 sums.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "attend/decoding/continuation_text.h"
#include "attend/decoding/hypothesis.h"
#include "attend/decoding/scorer.h"
#include "attend/decoding/search_options.h"

namespace attend {

struct GeneratorOptions {
  GenerationConfig generation;
  DecodingConfig decoding;     // how a beam ranks: length_penalty, candidates, stop
  std::int64_t beam = 0;       // hypotheses of beam search; 0: sampling
  std::int64_t samples = 1;    // a prompt; of a beam the best ones
  std::int64_t context = 256;  // tokens of a prompt; of a longer one the last
  std::int64_t batch_tokens = 16384;  // a batch's samples (hypotheses) x tokens, prompt and continuation; at least one prompt
  std::vector<std::string> stops;     // none empty
  std::vector<std::int32_t> banned;   // never generated, beside generation.ban
  std::int32_t end = -1;              // the id that ends a text, where it is not the tokenizer's end symbol
  bool documents_start = false;       // a prompt begins a document, which in training had the start symbol before it
};

struct Prompts {
  std::span<const std::string> text;
  std::int64_t first = 1;         // number of the first one, for warnings and random draws
  bool may_start_empty = false;   // a prompt without tokens begins with the start symbol; else it becomes nothing
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
  // The scorer continues its sources. ModelError where the tokenizer has no start symbol is thrown when it is needed.
  Generator(Scorer& scorer, std::shared_ptr<const Tokenizer> tokenizer, const GeneratorOptions& options);
  // For each prompt its samples in their order, or the hypotheses of a beam, best first; for an empty one an empty text.
  // `sink` hears of samples while they are drawn.
  std::vector<std::vector<Generation>> generate(const Prompts& prompts, const TextSink& sink = {}) const;

 private:
  struct Prompt {
    std::size_t number;  // of those given
    std::vector<std::int32_t> ids;
  };
  class Listener;
  std::vector<Prompt> encode(const Prompts& prompts) const;
  std::int32_t start_symbol() const;
  std::size_t batch_end(std::span<const Prompt> prompts, std::size_t begin) const;
  std::vector<std::vector<Hypothesis>> search(std::span<const Prompt> prompts, std::int64_t first, const TextSink& sink) const;
  std::string text_of(const Prompt& prompt, std::span<const std::int32_t> tokens) const;

  Scorer& scorer_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  GeneratorOptions options_;
  SearchOptions search_;
};

}  // namespace attend
