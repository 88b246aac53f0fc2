// Says what stands before a text that a language model reads: what stood there in its training.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "attend/config/config.h"
#include "attend/text/tokenizer.h"

namespace attend {

struct TextStart {
  // The symbol that stands before each document, where training had several documents and the tokenizer has a start
  // symbol of its own. -1: there is none, and then nothing says how likely the first token of a text is.
  std::int32_t symbol = -1;
  // An empty prompt begins with these tokens: that symbol; else the end symbol, where it stood before a document in
  // training; else a line end; else a symbol that training never read there. Empty where there is none of them.
  std::vector<std::int32_t> of_empty;
  std::string instead;  // of_empty in words; empty where it is that symbol or the end symbol
};

// Returns the start of texts for a model with this resolved config.
TextStart text_start(const Config& config, const Tokenizer& tokenizer, const SpecialIds& special);

}  // namespace attend
