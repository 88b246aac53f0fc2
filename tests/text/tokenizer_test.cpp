#include "attend/text/tokenizer.h"

#include <cstdlib>

#include "attend/core/error.h"
#include "attend/core/json.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

using namespace attend;
using attend::test::Scratch;
using Catch::Matchers::Contains;
using Ids = std::vector<std::int32_t>;

namespace {

std::string corpus() {
  const std::vector<std::string> who{"der Mann", "die Frau", "ein Kind", "the baker", "my aunt"};
  const std::vector<std::string> what{"kauft", "verkauft", "findet", "buys", "is counting"};
  const std::vector<std::string> things{"drei \u00c4pfel", "zwei Stra\u00dfen", "three houses", "the books"};
  std::string text;
  for (std::size_t i = 0; i < 400; ++i)
    text += who[i % 5] + " " + what[i / 5 % 5] + " " + things[i / 25 % 4] + " " +
            std::to_string(i * 37 % 1000) + ".\n";
  return text;
}

TokenizerConfig config_of(TokenizerType type, SubwordAlgorithm algorithm, std::int64_t vocab_size) {
  TokenizerConfig config;
  config.type = type;
  config.algorithm = algorithm;
  config.vocab_size = vocab_size;
  return config;
}

std::vector<TokenizerConfig> every_kind() {
  std::vector<TokenizerConfig> kinds;
  for (const TokenizerType type : values_of<TokenizerType>())
    for (const SubwordAlgorithm algorithm : values_of<SubwordAlgorithm>())
      kinds.push_back(config_of(type, algorithm, type == TokenizerType::bpe ? 300 : 120));
  return kinds;
}

const std::string kLine = "die Frau verkauft 12 drei \u00c4pfel.";

}  // namespace

TEST_CASE("tokenizers: seen text comes back, with our special ids") {
  const Scratch scratch;
  const auto file = scratch.file("text", corpus());
  for (const TokenizerConfig& config : every_kind()) {
    const auto tokenizer = train_tokenizer(config, lines_of({file}));
    const Ids ids = tokenizer->encode(kLine);
    INFO(name_of(config.type));
    CHECK(tokenizer->type() == config.type);
    CHECK(tokenizer->decode(ids) == kLine);
    CHECK(tokenizer->encode("").empty());
    CHECK(tokenizer->decode({}).empty());
    const SpecialIds special = tokenizer->special();
    CHECK(Ids{special.pad, special.unk, special.bos, special.eos} == Ids{0, 1, 2, 3});
    Ids framed{special.bos};
    framed.insert(framed.end(), ids.begin(), ids.end());
    framed.insert(framed.end(), {special.eos, special.pad, special.pad});
    CHECK(tokenizer->decode(framed) == kLine);
    CHECK_FALSE(tokenizer->decode(Ids{special.unk}).empty());
    for (const std::int32_t id : ids) CHECK((id > 3 && id < tokenizer->size()));
    CHECK(tokenizer->piece(3) == "</s>");
  }
}

TEST_CASE("tokenizers: the bytes of tokens, put together, are the text, a first space aside") {
  const Scratch scratch;
  const auto file = scratch.file("text", corpus());
  for (TokenizerConfig config : every_kind()) {
    config.byte_fallback = config.type == TokenizerType::sentencepiece;
    if (config.byte_fallback) config.vocab_size = 400;
    const auto tokenizer = train_tokenizer(config, lines_of({file}));
    const bool whole = config.type != TokenizerType::character;
    const std::string line = whole ? kLine + " \u4e2d\u20ac" : kLine;  // unseen characters in parts
    std::string text;
    for (const std::int32_t id : tokenizer->encode(line)) text += tokenizer->bytes(id);
    INFO(name_of(config.type));
    CHECK((text == line || text == " " + line));
    for (const std::int32_t id : {0, 2, 3}) CHECK(tokenizer->bytes(id).empty());
    CHECK_FALSE(tokenizer->bytes(1).empty());
  }
}

TEST_CASE("tokenizers: the same text and options give the same bytes, which load as the same tokenizer") {
  const Scratch scratch;
  const auto file = scratch.file("text", corpus()), copy = scratch.file("copy", corpus());
  for (const TokenizerConfig& config : every_kind()) {
    const auto first = train_tokenizer(config, lines_of({file})), second = train_tokenizer(config, lines_of({copy}));
    CHECK(first->serialized() == second->serialized());
    const auto stored = scratch.file(first->file_extension(), first->serialized());
    const auto loaded = load_tokenizer(stored);
    CHECK(loaded->serialized() == first->serialized());
    CHECK(loaded->size() == first->size());
    CHECK(loaded->encode(kLine) == first->encode(kLine));
    TokenizerConfig by_name = config;
    by_name.model = stored.string();
    CHECK(train_tokenizer(by_name, {})->encode(kLine) == first->encode(kLine));
    by_name.type = config.type == TokenizerType::byte ? TokenizerType::character : TokenizerType::byte;
    CHECK_THROWS_WITH(train_tokenizer(by_name, {}), Contains("[data.tokenizer.type]"));
  }
}

TEST_CASE(
    "tokenizers: text that is not UTF-8 is refused, or by bpe read as U+FFFD; ids outside the vocabulary are refused") {
  const Scratch scratch;
  const auto file = scratch.file("text", corpus());
  for (const TokenizerConfig& config : every_kind()) {
    const auto tokenizer = train_tokenizer(config, lines_of({file}));
    if (config.type == TokenizerType::bpe)
      CHECK(tokenizer->encode("a\xFF") == tokenizer->encode("a\uFFFD"));
    else
      CHECK_THROWS_AS(tokenizer->encode("a\xFF"), DataError);
    const auto size = static_cast<std::int32_t>(tokenizer->size());
    for (const std::int32_t id : {-1, size}) {
      CHECK_THROWS_AS(tokenizer->decode(Ids{id}), ModelError);
      CHECK_THROWS_AS(tokenizer->piece(id), ModelError);
    }
  }
}

TEST_CASE("char tokenizer: most frequent first, then by code point; the rest is unknown") {
  const Scratch scratch;
  const auto file = scratch.file("text", "bbb aa\nc\u00df\n");
  const auto all = train_tokenizer(config_of(TokenizerType::character, {}, 100), lines_of({file}));
  CHECK(all->size() == 9);
  CHECK(all->piece(4) == "b");
  CHECK(all->piece(5) == "a");
  CHECK(all->piece(6) == " ");
  CHECK(all->piece(8) == "\u00df");
  const auto two = train_tokenizer(config_of(TokenizerType::character, {}, 6), lines_of({file}));
  CHECK(two->encode("abc") == Ids{5, 4, 1});
  CHECK(two->decode(two->encode("abc")) == "ab\uFFFD");
}

TEST_CASE("byte tokenizer: every byte has an id; broken sequences decode to U+FFFD") {
  const auto tokenizer = train_tokenizer(config_of(TokenizerType::byte, {}, 5), {});
  CHECK(tokenizer->size() == 260);
  const std::string text = "gr\u00fc\u00df \U0001F642";
  CHECK(tokenizer->encode(text).size() == text.size());
  CHECK(tokenizer->decode(tokenizer->encode(text)) == text);
  CHECK(tokenizer->decode(Ids{4 + 'a', 4 + 0xC3, 4 + 'b'}) == "a\uFFFDb");
  CHECK(tokenizer->piece(4 + 0xC3) == "<0xC3>");
}

TEST_CASE("SentencePiece: user symbols stay whole, commas and quotes in them too") {
  const Scratch scratch;
  TokenizerConfig config = config_of(TokenizerType::sentencepiece, SubwordAlgorithm::bpe, 120);
  config.user_symbols = {"<name>", "a,b", "\"q"};
  const auto tokenizer = train_tokenizer(config, lines_of({scratch.file("text", corpus())}));
  for (const std::string& symbol : config.user_symbols) {
    const Ids ids = tokenizer->encode("x" + symbol + "y");
    CHECK(
        std::any_of(ids.begin(), ids.end(), [&](std::int32_t id) { return tokenizer->piece(id) == symbol; }));
  }
}

TEST_CASE("SentencePiece: options that are its own reach it, others are refused") {
  const Scratch scratch;
  const auto file = scratch.file("text", corpus());
  TokenizerConfig config = config_of(TokenizerType::sentencepiece, SubwordAlgorithm::bpe, 120);
  config.options = {{"split_digits", "true"}};
  CHECK(train_tokenizer(config, lines_of({file}))->size() == 120);
  for (const std::string name : {"no_such_option", "input", "vocab_size", "model_prefix", "normalization_rule_name"}) {
    config.options = {{name, "1"}};
    CHECK_THROWS_AS(train_tokenizer(config, lines_of({file})), ConfigError);
    CHECK_THROWS_WITH(train_tokenizer(config, lines_of({file})), Contains(name));
  }
  config = config_of(TokenizerType::byte, {}, 260);
  config.user_symbols = {"<x>"};
  CHECK_THROWS_AS(train_tokenizer(config, lines_of({file})), ConfigError);
}

TEST_CASE("SentencePiece: models of Python's trainer give Python's ids and texts") {
  const char* source = std::getenv("ATTEND_SOURCE");
  const std::string folder = std::string(source ? source : ".") + "/tests/golden/";
  const Json golden = parse_json(test::slurp(folder + "subwords.json"), "subwords.json");
  for (const auto& [name, lines] : golden["models"].items()) {
    const auto tokenizer = load_tokenizer(folder + "subwords_" + name + ".model");
    for (const Json& entry : lines) {
      INFO(name << ": " << entry.dump());
      const Ids ids = tokenizer->encode(entry["line"].get<std::string>());
      CHECK(ids == entry["ids"].get<Ids>());
      CHECK(tokenizer->decode(ids) == entry["text"].get<std::string>());
    }
  }
}

TEST_CASE("own vocabularies: other JSON, versions and types are refused") {
  const auto refused = [](const std::string& json) {
    CHECK_THROWS_AS(parse_tokenizer(json, "vocab.json"), ModelError);
  };
  refused("{");
  refused("{}");
  refused(R"({"format":"attend-vocabulary","type":"byte","version":2})");
  refused(R"({"format":"attend-vocabulary","type":"byte","version":"1"})");
  refused(R"({"format":"attend-vocabulary","type":"sentencepiece","version":1})");
  refused(R"({"format":"attend-vocabulary","type":"char","version":1})");
  refused(R"({"format":"attend-vocabulary","type":"char","version":1,"characters":"ab"})");
  refused(R"({"format":"attend-vocabulary","type":"char","version":1,"characters":["ab"]})");
  refused(R"({"format":"attend-vocabulary","type":"char","version":1,"characters":["a",1]})");
  refused(R"({"format":"attend-vocabulary","type":"char","version":1,"characters":["a","a"]})");
  CHECK(parse_tokenizer(R"({"format":"attend-vocabulary","type":"char","version":1,"characters":["a"]})", "x")
            ->size() == 5);
}

TEST_CASE("tokenizers: each id says which part of the text it stands for, an unknown one too") {
  const Scratch scratch;
  const auto file = scratch.file("text", corpus());
  for (const std::string& line : {kLine, std::string(" zwei  \u6570\u6570 Stra\u00dfen \u00c4\u6570pfel")})
    for (const TokenizerConfig& config : every_kind()) {
      const auto tokenizer = train_tokenizer(config, lines_of({file}));
      const Ids ids = tokenizer->encode(line);
      const auto spans = tokenizer->spans(line);
      INFO(name_of(config.type) << ": " << line);
      REQUIRE(spans.size() == ids.size());
      std::string covered(line.size(), ' ');
      for (std::size_t i = 0; i < spans.size(); ++i) {
        REQUIRE(spans[i].begin <= spans[i].end);
        REQUIRE(spans[i].end <= line.size());
        if (i > 0) CHECK(spans[i].begin >= spans[i - 1].begin);
        for (std::size_t at = spans[i].begin; at < spans[i].end; ++at) covered[at] = line[at];
        if (ids[i] == 1) CHECK(line.substr(spans[i].begin, spans[i].end - spans[i].begin).starts_with("\u6570"));
      }
      CHECK(covered == line);
    }
}
