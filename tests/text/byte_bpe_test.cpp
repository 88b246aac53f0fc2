// GPT-2's byte-level BPE against the `tokenizers` package (scripts/goldens/byte_bpe.py), and its laws.
#include <algorithm>
#include <cstdlib>
#include <random>

#include "attend/core/error.h"
#include "attend/core/json.h"
#include "attend/core/text.h"
#include "src/text/byte_bpe.h"
#include "src/text/word_splitter.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

using namespace attend;
using attend::test::Scratch;
using Catch::Matchers::Contains;
using Ids = std::vector<std::int32_t>;

namespace {

std::string source_path(const std::string& name) {
  const char* source = std::getenv("ATTEND_SOURCE");
  return std::string(source ? source : ".") + "/" + name;
}

std::string golden_path(const std::string& name) { return source_path("tests/golden/byte_bpe" + name); }

Json golden() { return parse_json(test::slurp(golden_path(".json")), "byte_bpe.json"); }

LineSource lines_from(std::vector<std::string> lines) {
  return [lines = std::move(lines), next = std::size_t{0}](std::string& line) mutable {
    if (next == lines.size()) return false;
    line = lines[next++];
    return true;
  };
}

TokenizerConfig bpe_of(std::int64_t vocab_size) {
  TokenizerConfig config;
  config.type = TokenizerType::bpe;
  config.vocab_size = vocab_size;
  return config;
}

// The lines that the golden merges were learnt from.
std::vector<std::string> number_lines(std::size_t count) {
  std::vector<std::string> lines;
  for (const std::string side : {"en", "de"}) {
    auto part = split(test::slurp(source_path("data/numbers/train." + side)), '\n');
    part.resize(count);
    lines.insert(lines.end(), part.begin(), part.end());
  }
  return lines;
}

TokenizerConfig gpt2_files(bool parse_special = true) {
  TokenizerConfig config;
  config.parse_special = parse_special;
  config.vocab = golden_path("-vocab.json");
  config.merges = golden_path("-merges.txt");
  return config;
}

void check_golden(const Tokenizer& tokenizer, const Json& lines, const Json& expected) {
  REQUIRE(lines.size() == expected.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto line = lines[i].get<std::string>();
    INFO(lines[i].dump(-1, ' ', true));
    const Ids ids = tokenizer.encode(line);
    CHECK(ids == expected[i]["ids"].get<Ids>());
    CHECK(tokenizer.decode(ids) == expected[i].value("text", line));
  }
}

std::vector<std::string> words_of_text(const std::string& text) {
  std::vector<std::string> words;
  WordSplitter().split(text, [&](std::string_view word) { words.emplace_back(word); });
  return words;
}

}  // namespace

TEST_CASE("byte-level BPE: a tokenizer.json of the tokenizers package gives its ids and texts") {
  const Json expected = golden();
  const auto parsed = SpelledSpecials::symbols;
  check_golden(*load_tokenizer(golden_path("_tokenizer.json"), parsed), expected["lines"], expected["plain"]);
  check_golden(*load_tokenizer(golden_path("_prefixed.json"), parsed), expected["lines"], expected["prefixed"]);
}

TEST_CASE(
    "byte-level BPE: special symbols that a text spells stay text, as with encode_special_tokens of the tokenizers "
    "package") {
  const Json expected = golden();
  const auto plain = load_tokenizer(golden_path("_tokenizer.json")),
             prefixed = load_tokenizer(golden_path("_prefixed.json"));
  check_golden(*plain, expected["spelled"], expected["plain_as_text"]);
  check_golden(*prefixed, expected["spelled"], expected["prefixed_as_text"]);
  CHECK((plain->count_specials("a<|endoftext|><s>") == 1 &&
         prefixed->count_specials("a<|endoftext|><s></s> <name>") == 2));
  CHECK((plain->spelled_specials() == SpelledSpecials::text &&
         train_tokenizer(gpt2_files(), {})->spelled_specials() == SpelledSpecials::symbols));
}

TEST_CASE("byte-level BPE: letters that merge to the name of a special token stay text") {
  Json file = parse_json(test::slurp(golden_path("_tokenizer.json")), "tokenizer.json");
  const auto word = file["model"]["vocab"]["und"].get<std::int32_t>();
  CHECK(parse_tokenizer(file.dump(), "before")->encode("und") == Ids{word});
  file["added_tokens"].push_back({{"id", word}, {"content", "und"}, {"special", true}});
  CHECK(parse_tokenizer(file.dump(), "changed", SpelledSpecials::symbols)->encode("und") == Ids{word});
  const auto as_text = parse_tokenizer(file.dump(), "changed");
  CHECK(std::ranges::count(as_text->encode("und"), word) == 0);
  CHECK(as_text->decode(as_text->encode("und")) == "und");
}

TEST_CASE("byte-level BPE: a vocabulary trained here takes special symbols from text only where it is told to") {
  TokenizerConfig config = bpe_of(400);
  std::vector<std::string> lines(50, "the price was <s>44 dollars</s> now");
  const auto as_text = train_tokenizer(config, lines_from(lines));
  CHECK(as_text->decode(as_text->encode(lines[0])) == lines[0]);
  CHECK(std::ranges::all_of(as_text->encode("<pad><unk><s></s>"), [](std::int32_t id) { return id > 3; }));
  config.parse_special = true;
  const auto parsed = train_tokenizer(config, lines_from(lines));
  CHECK(parsed->encode("<pad><unk><s></s>") == Ids{0, 1, 2, 3});
  CHECK(parsed->decode(parsed->encode("a<s>b")) == "ab");
}

TEST_CASE("byte-level BPE: GPT-2's vocab.json and merges.txt are the same tokenizer, stored as tokenizer.json") {
  const Json expected = golden();
  const auto tokenizer = train_tokenizer(gpt2_files(), {});
  check_golden(*tokenizer, expected["lines"], expected["plain"]);
  CHECK(tokenizer->file_extension() == "tokenizer.json");
  const auto stored = parse_tokenizer(tokenizer->serialized(), "stored", SpelledSpecials::symbols);
  check_golden(*stored, expected["lines"], expected["plain"]);
  CHECK(stored->serialized() == tokenizer->serialized());
}

TEST_CASE("byte-level BPE: GPT-2's only special token is bos and eos; the ones it lacks are -1") {
  const SpecialIds gpt2 = load_tokenizer(golden_path("_tokenizer.json"))->special();
  CHECK(Ids{gpt2.pad, gpt2.unk, gpt2.bos, gpt2.eos} == Ids{-1, -1, 0, 0});
  const SpecialIds files = train_tokenizer(gpt2_files(), {})->special();
  CHECK(Ids{files.pad, files.unk, files.bos, files.eos} == Ids{-1, -1, 0, 0});
  const SpecialIds own = load_tokenizer(golden_path("_prefixed.json"))->special();
  CHECK(Ids{own.pad, own.unk, own.bos, own.eos} == Ids{0, 1, 2, 3});
}

TEST_CASE("byte-level BPE: training learns the merges of the tokenizers package, in its order") {
  const auto tokenizer = train_tokenizer(bpe_of(900), lines_from(number_lines(300)));
  const Json file = parse_json(tokenizer->serialized(), "trained");
  CHECK(file["model"]["merges"] == golden()["merges"]);
  CHECK(tokenizer->size() == 900);
  CHECK(tokenizer->piece(0) == "<pad>");
  CHECK(tokenizer->piece(4) == "!");
  CHECK(tokenizer->piece(259) == "\u0143");  // the soft hyphen's byte comes last
}

TEST_CASE("byte-level BPE: the order of the lines changes nothing; ties go to the older pieces") {
  auto lines = number_lines(200);
  const auto first = train_tokenizer(bpe_of(400), lines_from(lines));
  std::shuffle(lines.begin(), lines.end(), std::mt19937(3));
  CHECK(train_tokenizer(bpe_of(400), lines_from(lines))->serialized() == first->serialized());
  const auto ties = train_tokenizer(bpe_of(262), lines_from({"cd ab", "cd ab"}));
  CHECK(parse_json(ties->serialized(), "ties")["model"]["merges"] == Json{"a b", "c d"});
}

TEST_CASE("byte-level BPE: nothing is learnt from what comes once, and fewer pieces than asked for are no fault") {
  CHECK(train_tokenizer(bpe_of(1000), lines_from({"abcdefg", "once"}))->size() == 260);
  CHECK(train_tokenizer(bpe_of(1000), {lines_from({})})->size() == 260);
  CHECK_THROWS_AS(train_tokenizer(bpe_of(259), lines_from({"a"})), ConfigError);
}

TEST_CASE("byte-level BPE: every text comes back, seen or not") {
  const auto tokenizer = train_tokenizer(bpe_of(500), lines_from(number_lines(100)));
  std::mt19937 random(5);
  for (int line = 0; line < 300; ++line) {
    std::string text;
    for (unsigned length = random() % 40; length > 0; --length)
      append_utf8(text, static_cast<char32_t>(random() % (length % 3 == 0   ? 0x110000
                                                          : length % 2 == 0 ? 0x80
                                                                            : 0x3100)));
    INFO(Json(text).dump(-1, ' ', true));
    CHECK(tokenizer->decode(tokenizer->encode(text)) == text);
  }
}

TEST_CASE("byte-level BPE: every byte has an id; bytes that are no UTF-8 are read and written as U+FFFD") {
  const auto tokenizer = train_tokenizer(bpe_of(260), lines_from({}));
  for (std::int32_t id = 4; id < 260; ++id) {
    const Ids one{id};
    const std::string text = tokenizer->decode(one);
    CHECK((text == "\uFFFD" || tokenizer->encode(text) == one));
  }
  for (const std::string text : {"a\xFF", "\xE6\x97", "x\xF0\x9F\x99y", "\xC0\xAF", "\xED\xA0\x80", "\xFE<pad>"}) {
    CHECK(tokenizer->encode(text) == tokenizer->encode(repair_utf8(text)));
    CHECK(tokenizer->normalize(text) == repair_utf8(text));
  }
  Ids cut = tokenizer->encode("\u65E5");
  cut.pop_back();
  CHECK(tokenizer->decode(cut) == "\uFFFD");
}

TEST_CASE("byte-level BPE: added tokens are found in text, the longest one, those that are not normalized first") {
  const auto tokenizer = load_tokenizer(golden_path("_prefixed.json"), SpelledSpecials::symbols);
  const auto pieces = [&](const std::string& text) {
    std::vector<std::string> found;
    for (const auto id : tokenizer->encode(text)) found.push_back(tokenizer->piece(id));
    return join(found, "|");
  };
  CHECK(pieces("<name>s<name>") == "<name>s|<name>");
  CHECK(pieces("New York</s>") == "New York|</s>");
  CHECK(tokenizer->decode(tokenizer->encode("<s><name></s><pad>")) == "<name>");
  CHECK(tokenizer->decode(Ids{1}) == "\uFFFD");
}

TEST_CASE("byte-level BPE: user symbols stay whole and nothing is learnt across or from them") {
  TokenizerConfig config = bpe_of(300);
  config.user_symbols = {"<2de>", "a b"};
  const auto tokenizer = train_tokenizer(config, lines_from({"<2de>ab a b<2de>", "<2de>ab"}));
  CHECK(tokenizer->size() == 263);  // "ab" came twice, the letters of <2de> never
  CHECK(tokenizer->encode("<2de>a b") == Ids{4, 5});
  CHECK(tokenizer->encode("ab") == Ids{262});
  CHECK(tokenizer->decode(Ids{4, 5, 262}) == "<2de>a bab");
  for (const std::string symbol : {"", "<pad>", "<2de>", "!", "\u00e9"}) {
    config.user_symbols = {"<2de>", symbol};
    CHECK_THROWS_AS(train_tokenizer(config, lines_from({"a"})), ConfigError);
  }
}

TEST_CASE("words: contractions, runs with a space before them, white space as Unicode has it") {
  CHECK(words_of_text("I'll  say: don't") == std::vector<std::string>{"I", "'ll", " ", " say", ":", " don", "'t"});
  CHECK(words_of_text("a1 \u0661 !?\n\n") == std::vector<std::string>{"a", "1", " \u0661", " !?", "\n\n"});
  CHECK(words_of_text("x \u3000y") == std::vector<std::string>{"x", " ", "\u3000", "y"});
  CHECK(words_of_text("x\u0085\u0085y").size() == 4);                                            // white space
  CHECK(words_of_text("x\u180E\u200By") == std::vector<std::string>{"x", "\u180E\u200B", "y"});  // none
  CHECK(words_of_text("").empty());
}

TEST_CASE("byte-level BPE: the steps for a word grow with its length, not with the square") {
  const MergeTable merges({{0, 1, 2}, {2, 2, 3}, {0, 0, 4}, {3, 3, 5}, {1, 4, 6}});
  std::mt19937 random(7);
  for (const std::size_t size : {0u, 1u, 2u, 1000u, 1u << 20}) {
    Ids word(size);
    for (auto& symbol : word) symbol = static_cast<std::int32_t>(random() % 2);
    CHECK(merges.apply(word) <= static_cast<std::int64_t>(3 * size));
    CHECK(word.size() <= size);
  }
}

TEST_CASE("byte-level BPE: lines as long as one word are trained on, encoded and come back") {
  std::string letters, spaces(1 << 20, ' ');
  std::mt19937 random(9);
  while (letters.size() < 1 << 20) letters += static_cast<char>('a' + random() % 4);
  const auto tokenizer = train_tokenizer(bpe_of(400), lines_from({letters, spaces, std::string(1 << 20, 'x')}));
  CHECK(tokenizer->size() == 400);
  for (const std::string& line : {letters, spaces + "x", std::string(1 << 20, 'x')})
    CHECK(tokenizer->decode(tokenizer->encode(line)) == line);
  CHECK(parse_tokenizer(tokenizer->serialized(), "stored")->size() == 400);
}

TEST_CASE("byte-level BPE: merges are taken by rank, of equals from the left") {
  const MergeTable merges({{1, 2, 3}, {0, 1, 4}, {0, 0, 5}});
  const auto merged = [&](Ids word) {
    merges.apply(word);
    return word;
  };
  CHECK(merged({0, 1, 2}) == Ids{0, 3});
  CHECK(merged({0, 1, 0}) == Ids{4, 0});
  CHECK(merged({0, 0, 0}) == Ids{5, 0});
  CHECK(merged({0, 0, 0, 1, 2}) == Ids{5, 0, 3});
}
