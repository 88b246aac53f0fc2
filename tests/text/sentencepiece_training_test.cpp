// Training with SentencePiece: whatever it dislikes is an error with a reason, and no end of the program.
#include <algorithm>
#include <filesystem>

#include "attend/core/error.h"
#include "attend/text/tokenizer.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

using namespace attend;
using attend::test::Scratch;
using Catch::Matchers::Contains;
using Lines = std::vector<std::string>;
using Ids = std::vector<std::int32_t>;

namespace {

LineSource source_of(Lines lines) {
  return [lines = std::move(lines), at = std::size_t{0}](std::string& line) mutable {
    if (at == lines.size()) return false;
    line = lines[at++];
    return true;
  };
}

Lines houses() {
  Lines lines;
  for (int i = 0; i < 200; ++i) lines.push_back("the house number " + std::to_string(i) + " & the red car is red");
  return lines;
}

TokenizerConfig pieces(std::int64_t count, SubwordAlgorithm algorithm = SubwordAlgorithm::bpe) {
  TokenizerConfig config;
  config.vocab_size = count;
  config.algorithm = algorithm;
  return config;
}

TokenizerConfig with_option(TokenizerConfig config, const std::string& name, const std::string& value) {
  config.options[name] = value;
  return config;
}

template <class Fault>
void refused(const TokenizerConfig& config, const Lines& lines, const std::string& reason) {
  INFO(reason);
  CHECK_THROWS_AS(train_tokenizer(config, source_of(lines)), Fault);
  CHECK_THROWS_WITH(train_tokenizer(config, source_of(lines)), Contains(reason));
}

}  // namespace

TEST_CASE("SentencePiece training: conditions that would end the program are errors that name them") {
  refused<ConfigError>(with_option(pieces(50), "required_chars", "\u00f1"), houses(),
                       "required_chars names characters that the text lacks");
  CHECK(train_tokenizer(with_option(pieces(40, SubwordAlgorithm::unigram), "required_chars", "\u00f1"),
                        source_of(houses()))
            ->size() == 40);
  for (const std::string text : {"\u2581", "\u2581\u2581\u2581 \u2581"})
    refused<DataError>(pieces(6, SubwordAlgorithm::unigram), {text}, "leaves nothing of the text");
  const Lines long_word{"short words", std::string(80'000, 'A'), "three people"};
  refused<DataError>(with_option(pieces(60), "max_sentence_length", "1000000"), long_word, "line 2 of the text");
  CHECK(train_tokenizer(pieces(60), source_of(houses()))->size() == 60);  // and the next one is trained
}

TEST_CASE("SentencePiece training: a text without a usable line is named with what is wrong with its lines") {
  refused<DataError>(pieces(50), {}, "data.validation.fraction");
  refused<DataError>(pieces(50), {"", " ", "\t"}, "got 3 lines, of which 3 are blank");
  refused<DataError>(pieces(50), {std::string(5000, 'x'), std::string(6000, 'y'), ""},
                     "2 are longer than 4,192 bytes; SentencePiece's option max_sentence_length");
}

TEST_CASE("SentencePiece training: what it refuses is quoted, its condition where there are no words") {
  refused<DataError>(pieces(100'000), houses(), "value <= ");
  refused<DataError>(pieces(10), houses(), "smaller than required_chars");
  refused<ConfigError>(with_option(pieces(50, SubwordAlgorithm::unigram), "num_sub_iterations", "0"), houses(),
                       "num_sub_iterations() >= 1");
  refused<ConfigError>(with_option(pieces(50), "no_such_option", "1"), houses(), "no_such_option");
  refused<ConfigError>(with_option(pieces(50), "max_sentencepiece_length", "long"), houses(),
                       "max_sentencepiece_length");
}

TEST_CASE("SentencePiece training: a fault of the text comes through, and ends the training") {
  const auto broken = [](std::string&) -> bool { throw DataError("[text:7:1] expected UTF-8"); };
  CHECK_THROWS_WITH(train_tokenizer(pieces(50), broken), "[text:7:1] expected UTF-8");
}

TEST_CASE("SentencePiece: the rule of normalisation is the config's, and the model tells its name") {
  const std::string text = "x\u00b2 \u00bd \uff21b";  // superscript two, one half, fullwidth A
  Lines lines = houses();
  for (int i = 0; i < 20; ++i) lines.push_back(text + " X2 1\u20442 AB ab");
  const std::pair<Normalization, std::string> expected[] = {{Normalization::nmt_nfkc, "x2 1\u20442 Ab"},
                                                            {Normalization::nfkc, "x2 1\u20442 Ab"},
                                                            {Normalization::nmt_nfkc_cf, "x2 1\u20442 ab"},
                                                            {Normalization::nfkc_cf, "x2 1\u20442 ab"},
                                                            {Normalization::identity, text}};
  REQUIRE(std::size(expected) == values_of<Normalization>().size());
  for (const auto& [rule, back] : expected) {
    TokenizerConfig config = pieces(60);
    config.normalization = rule;
    const auto tokenizer = train_tokenizer(config, source_of(lines));
    INFO(name_of(rule));
    CHECK(tokenizer->normalization() == name_of(rule));
    CHECK(tokenizer->decode(tokenizer->encode(text)) == back);
  }
}

TEST_CASE("SentencePiece: a user symbol with a space in it matches, with both algorithms, and comes back") {
  for (const SubwordAlgorithm algorithm : values_of<SubwordAlgorithm>()) {
    TokenizerConfig config = pieces(algorithm == SubwordAlgorithm::bpe ? 60 : 50, algorithm);
    config.user_symbols = {"red car", " \u00bd"};
    const auto symbol_fails = [&] { return train_tokenizer(config, source_of(houses())); };
    CHECK_THROWS_WITH(symbol_fails(), Contains("user_symbols") && Contains("\u00bd") && Contains("nmt_nfkc"));
    config.user_symbols = {"red car"};
    const auto tokenizer = train_tokenizer(config, source_of(houses()));
    for (const std::string text : {"the red car is red", "red car", "xred carx"}) {
      const Ids ids = tokenizer->encode(text);
      CHECK(std::ranges::count_if(ids, [&](std::int32_t id) { return tokenizer->piece(id) == "red\u2581car"; }) == 1);
      CHECK(tokenizer->decode(ids) == (text.starts_with('x') ? tokenizer->decode(tokenizer->encode("x")) + "red car" +
                                                                   tokenizer->decode(tokenizer->encode("x"))
                                                             : text));
    }
  }
}

TEST_CASE("SentencePiece: a user symbol that is the beginning or the end of another one is spelled too") {
  TokenizerConfig config = pieces(60);
  config.user_symbols = {"<2de", "<2dex", "x<2"};
  const auto tokenizer = train_tokenizer(config, source_of(houses()));
  for (const std::string& symbol : config.user_symbols) {
    const Ids ids = tokenizer->encode("the " + symbol + " red");
    CHECK(std::ranges::count_if(ids, [&](std::int32_t id) { return tokenizer->piece(id) == symbol; }) == 1);
  }
}

TEST_CASE("tokenizers: the four special symbols are no user symbols, of no kind") {
  for (const TokenizerType type : {TokenizerType::sentencepiece, TokenizerType::bpe})
    for (const std::string symbol : {"<pad>", "<unk>", "<s>", "</s>"}) {
      TokenizerConfig config = pieces(300);
      config.type = type;
      config.user_symbols = {"<a>", symbol};
      refused<ConfigError>(config, houses(),
                           "[data.tokenizer.user_symbols] \"" + symbol + "\" is one of the four special symbols");
    }
}

TEST_CASE("tokenizers: text that spells a special symbol is text, of every kind, and seen letters are known") {
  const std::string text = "was <s>44 dollars</s> now";
  const Lines lines(60, text);
  for (const TokenizerType type : values_of<TokenizerType>())
    for (const SubwordAlgorithm algorithm : values_of<SubwordAlgorithm>()) {
      TokenizerConfig config = pieces(type == TokenizerType::bpe ? 300 : 24, algorithm);
      config.type = type;
      config.options = type == TokenizerType::sentencepiece
                           ? std::map<std::string, std::string>{{"hard_vocab_limit", "false"}}
                           : config.options;
      const auto tokenizer = train_tokenizer(config, source_of(lines));
      INFO(name_of(type) << " " << name_of(algorithm));
      const Ids ids = tokenizer->encode(text);
      CHECK(std::ranges::all_of(ids, [](std::int32_t id) { return id > 3; }));
      CHECK(tokenizer->decode(ids) == text);
      CHECK(tokenizer->count_specials(text) ==
            (type == TokenizerType::sentencepiece || type == TokenizerType::bpe ? 2 : 0));
    }
}
