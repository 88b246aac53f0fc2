#include "attend/decoding/prompt_checks.h"

#include "tests/support/scratch.h"
#include "tests/support/test.h"

using namespace attend;
using attend::test::Scratch;

namespace {

std::shared_ptr<const Tokenizer> trained(const Scratch& scratch, TokenizerType type) {
  TokenizerConfig config;
  config.type = type;
  config.vocab_size = type == TokenizerType::bpe ? 300 : 24;
  std::string text;
  for (int i = 0; i < 50; ++i) text += "The house and the car.\n";
  config.options = type == TokenizerType::sentencepiece
                       ? std::map<std::string, std::string>{{"hard_vocab_limit", "false"}}
                       : config.options;
  return train_tokenizer(config, lines_of({scratch.file("text", text)}));
}

}  // namespace

TEST_CASE("prompts: white space at their end is dropped by SentencePiece and by no other") {
  const Scratch scratch;
  for (const TokenizerType type : values_of<TokenizerType>()) {
    const auto tokenizer = trained(scratch, type);
    const bool drops = type == TokenizerType::sentencepiece;
    INFO(name_of(type));
    CHECK(drops_end(*tokenizer, "The ") == drops);
    if (type != TokenizerType::character)
      CHECK(drops_end(*tokenizer, "The\n\n") == drops);  // it was trained on no line end
    CHECK_FALSE(drops_end(*tokenizer, "The house"));
    CHECK_FALSE(drops_end(*tokenizer, "  "));
    CHECK_FALSE(drops_end(*tokenizer, ""));
  }
}

TEST_CASE("stop strings: those that a tokenizer can write are known from those that never come") {
  const Scratch scratch;
  const auto pieces = trained(scratch, TokenizerType::sentencepiece), bytes = trained(scratch, TokenizerType::bpe);
  for (const std::string stop : {"house", " car", "e h", ".", "the car."})
    CHECK((can_write(*pieces, stop) && can_write(*bytes, stop)));
  for (const std::string stop : {"\n", "car.\n", "house  and", "Q"})
    CHECK((!can_write(*pieces, stop) && can_write(*bytes, stop)));
}
