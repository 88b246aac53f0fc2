// What stands before a text that a language model reads: what stood there in its training.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "attend/config/config.h"
#include "attend/text/tokenizer.h"

namespace attend {

struct TextStart {
  // Before each document, where training had several of them and the tokenizer has a start symbol of its own; -1: none. Then
  // nothing says how likely the first token of a text is.
  std::int32_t symbol = -1;
  // What an empty prompt begins with: that symbol; else the end symbol, where it stood before a document in training; else a
  // line end; else a symbol that training never read there. Empty where there is none of them.
  std::vector<std::int32_t> of_empty;
  std::string instead;  // of_empty in words, where it is neither of the first two
};

TextStart text_start(const Config& config, const Tokenizer& tokenizer, const SpecialIds& special);

}  // namespace attend
