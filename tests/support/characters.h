// A tokenizer of the characters of some text.
#pragma once

#include "attend/text/corpus.h"
#include "tests/support/scratch.h"

namespace attend::test {

inline std::shared_ptr<const Tokenizer> characters_of(const Scratch& scratch, std::string_view text) {
  TokenizerConfig config;
  config.type = TokenizerType::character;
  config.vocab_size = 100;
  return train_tokenizer(config, lines_of({scratch.file("text.txt", text)}));
}

}  // namespace attend::test
