// What generate and score share: how the text of a language model is read and written, and what its tokens see.
#pragma once

#include <memory>
#include <string>

#include "attend/checkpoint/model_directory.h"
#include "attend/cli/common.h"
#include "attend/decoding/text_start.h"
#include "attend/decoding/text_window.h"

namespace attend {

struct TextChoice {
  std::string tokenizer;  // --tokenizer FILE, for a model of ids alone
  bool ids = false;       // text is ids, as they stand
  WindowChoice window;    // --context, --keep-first; --stride of score
};
void add_text_options(CLI::App& verb, TextChoice& choice);

// How a model reads: its tokenizers, special ids (the end is data.train.tokens.eos where that is named), and what
// stands before a text.
struct TextReading {
  std::shared_ptr<const Tokenizer> tokenizer;  // of the text that is read and written
  std::shared_ptr<const Tokenizer> own;        // the model's, which its config speaks of; where it has none, the same
  SpecialIds special;
  TextStart start;
};
// UsageError, or ModelError where the model has no tokenizer and none is given, or one that does not fit.
TextReading text_reading(const LoadedModel& loaded, const TextChoice& choice);

}  // namespace attend
