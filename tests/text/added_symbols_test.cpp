// A tokenizer with further symbols: every old id stays, the new ones follow, and what is no symbol is refused by name.
#include <algorithm>

#include "attend/core/error.h"
#include "attend/text/tokenizer.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

using namespace attend;
using attend::test::Scratch;
using Catch::Matchers::Contains;

namespace {

std::shared_ptr<const Tokenizer> trained(const Scratch& scratch, TokenizerType type, SubwordAlgorithm algorithm) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "the house number " + std::to_string(i * 37 % 1000) + " is red\n";
  TokenizerConfig config;
  config.type = type;
  config.algorithm = algorithm;
  config.vocab_size = type == TokenizerType::bpe ? 300 : 60;
  return train_tokenizer(config, lines_of({scratch.file("text", text)}));
}

}  // namespace

TEST_CASE(
    "add symbols: of every kind of tokenizer old ids stay, new ones follow, are never cut, and come back as text") {
  const Scratch scratch;
  for (const auto type : values_of<TokenizerType>())
    for (const auto algorithm : values_of<SubwordAlgorithm>()) {
      INFO(name_of(type) << " " << name_of(algorithm));
      const auto before = trained(scratch, type, algorithm);
      const auto once = with_symbols(*before, {"<city>", "\u00e9t\u00e9"}), now = with_symbols(*once, {"<name>"});
      const auto n = static_cast<std::int32_t>(before->size());
      REQUIRE(now->size() == n + 3);
      for (std::int32_t id = 0; id < n; ++id) REQUIRE(now->piece(id) == before->piece(id));
      CHECK((now->piece(n) == "<city>" && now->piece(n + 1) == "\u00e9t\u00e9" && now->piece(n + 2) == "<name>"));
      const std::string line = "the house number 37 is red";
      CHECK(now->encode(line) == before->encode(line));
      const auto ids = now->encode("the <name> is <city>\u00e9t\u00e9");
      for (const std::int32_t id : {n, n + 1, n + 2}) CHECK(std::count(ids.begin(), ids.end(), id) == 1);
      if (type != TokenizerType::sentencepiece) {  // each id has its part of the text, symbols too
        const std::string text = "a<name>b";
        const auto parts = now->encode(text);
        const auto spans = now->spans(text);
        REQUIRE(spans.size() == parts.size());
        for (std::size_t i = 0; i < parts.size(); ++i)
          if (parts[i] == n + 2) CHECK(text.substr(spans[i].begin, spans[i].end - spans[i].begin) == "<name>");
        CHECK(now->bytes(n + 2) == "<name>");
      }
      CHECK_THAT(now->decode(ids), Contains("<name>") && Contains("<city>\u00e9t\u00e9"));
      // Stored and read again it is the same tokenizer.
      const auto again = parse_tokenizer(now->serialized(), "again");
      CHECK((again->serialized() == now->serialized() && again->size() == now->size() &&
             again->encode("the <name> is <city>") == now->encode("the <name> is <city>")));
      const auto special = now->special(), was = before->special();
      CHECK((special.pad == was.pad && special.unk == was.unk && special.bos == was.bos && special.eos == was.eos));
    }
}

TEST_CASE("add symbols: what exists, is reserved, empty, twice there or holds white space is refused") {
  const Scratch scratch;
  for (const auto type : values_of<TokenizerType>()) {
    const auto tokenizer = trained(scratch, type, SubwordAlgorithm::bpe);
    const auto refused = [&](const std::vector<std::string>& symbols, const std::string& why) {
      INFO(name_of(type) << " " << symbols.front());
      CHECK_THROWS_AS(with_symbols(*tokenizer, symbols), ConfigError);
      CHECK_THROWS_WITH(with_symbols(*tokenizer, symbols), Contains("data.tokenizer.add_symbols") && Contains(why));
    };
    refused({tokenizer->piece(10)}, tokenizer->piece(10).find("\u2581") == std::string::npos
                                        ? "a piece of the tokenizer already"
                                        : "white space");
    for (const std::string name : {"<pad>", "<unk>", "<s>", "</s>", "<|endoftext|>"}) refused({name}, "special piece");
    refused({""}, "empty");
    refused({"<a>", "<a>"}, "already");
    for (const std::string space : {"a b", " ", "a\t", "\n", "a\u00a0b", "\u3000", "\u2581a"})
      refused({space}, "white space");
    refused({"a\xff"}, "UTF-8");
    refused({std::string(2000, 'x')}, "longer than");
  }
}

TEST_CASE("add symbols: a vocabulary with damaged symbols is refused") {
  const Scratch scratch;
  for (const std::string symbols : {"7", "[7]", "[\"\"]", "[\"a\", \"a\"]"}) {
    const std::string text =
        R"({"format": "attend-vocabulary", "version": 1, "type": "byte", "symbols": )" + symbols + "}";
    CHECK_THROWS_AS(parse_tokenizer(text, "vocab.json"), ModelError);
  }
}
