// Model files that someone damaged, by chance or by design.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>

#include "attend/core/error.h"
#include "attend/text/tokenizer.h"
#include "src/text/sentencepiece_scan.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

using namespace attend;
using attend::test::Scratch;
using Catch::Matchers::Contains;

namespace {

std::string golden_model(const std::string& name) {
  const char* source = std::getenv("ATTEND_SOURCE");
  return test::slurp(std::string(source ? source : ".") + "/tests/golden/subwords_" + name + ".model");
}

std::string varint(std::uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  return out + static_cast<char>(value);
}
std::string bytes_field(unsigned number, std::string_view payload) {
  return varint(number << 3 | 2) + varint(payload.size()) + std::string(payload);
}
std::string fixed32(std::uint32_t value) {
  std::string out;
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift);
  return out;
}
std::string piece(std::string_view text, float score, std::uint64_t type) {
  return bytes_field(1, bytes_field(1, text) + varint(2 << 3 | 5) +
                            fixed32(std::bit_cast<std::uint32_t>(score)) + varint(3 << 3) + varint(type));
}
std::string charsmap(std::string_view blob) { return bytes_field(3, bytes_field(2, blob)); }

void refused(const std::string& model, const std::string& reason) {
  INFO(reason);
  CHECK_THROWS_AS(parse_tokenizer(model, "hostile"), ModelError);
  CHECK_THROWS_WITH(parse_tokenizer(model, "hostile"), Contains(reason));
}

// Loads what is still a model and uses it.
bool survives(const std::string& model) {
  try {
    const auto tokenizer = parse_tokenizer(model, "damaged");
    tokenizer->decode(tokenizer->encode("The baker sells \u00bd of 131 \uFB01ne books\uFF01  x"));
    std::vector<std::int32_t> every;
    for (std::int32_t id = 0; id < tokenizer->size(); ++id) every.push_back(id);
    tokenizer->decode(every);
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

TEST_CASE("hostile models: 10,000 flips and truncations give an error or a tokenizer that works") {
  std::mt19937_64 random(1);
  int loaded = 0;
  for (const std::string name : {"bpe", "unigram"}) {
    const std::string model = golden_model(name);
    REQUIRE(survives(model));
    for (int round = 0; round < 5000; ++round) {
      std::string damaged = model;
      for (std::uint64_t flips = random() % 4 + 1; flips > 0; --flips)
        damaged[random() % damaged.size()] ^= static_cast<char>(1u << random() % 8);
      if (random() % 4 == 0) damaged.resize(random() % damaged.size());
      loaded += survives(damaged);
    }
  }
  CHECK(loaded > 0);  // else nothing was used
}

TEST_CASE("hostile models: what crashes or misleads SentencePiece never reaches it") {
  const std::string model = golden_model("bpe");
  refused("", "empty file");
  refused("junk that is no model", "expected a SentencePiece model");
  refused(model.substr(0, model.size() - 1), "passes the end");
  refused(model + piece(std::string(1'000'000, 'x'), 0, 1), "1000000 bytes");
  refused(model + piece(std::string("a\0b", 3), 0, 1), "NUL");
  refused(model + piece("\xFF", 0, 1), "UTF-8");
  refused(model + piece("", 0, 1), "empty piece");
  refused(model + piece("new", std::numeric_limits<float>::quiet_NaN(), 1), "score");
  refused(model + piece("new", std::numeric_limits<float>::infinity(), 1), "score");
  refused(model + piece("new", 0, 9), "piece type 9");
  refused(model + piece("<unk2>", 0, 2), "2 unknown pieces");
  refused(model + piece("<0xZZ>", 0, 6), "byte piece");
  refused(bytes_field(2, ""), "no pieces");
  refused(piece("a", 0, 1), "0 unknown pieces");
  refused(model + bytes_field(2, varint(3 << 3) + varint(77)), "model type 77");
  refused(model + std::string(11, '\xFF'), "64 bits");
  refused(std::string(kMaxTokenizerBytes + 1, '\n'), "a file of");
}

TEST_CASE("hostile models: normalisers that point outside themselves are refused") {
  const std::string model = golden_model("bpe");
  const std::string empty_trie(1024, '\0');
  refused(model + charsmap("abc"), "without a trie");
  refused(model + charsmap(fixed32(1000) + empty_trie + "x"), "impossible size");
  refused(model + charsmap(fixed32(2048) + empty_trie), "impossible size");
  refused(model + charsmap(fixed32(1024) + empty_trie + "no end"), "broken texts");
  refused(model + charsmap(fixed32(1024) + fixed32(0xFFFu << 10) + std::string(1020, '\0') +
                           std::string(1, '\0')),
          "outside itself");
  const std::string value_far_away = fixed32(1u << 10 | 1u << 8) + fixed32(0x80000000u | 5000);
  refused(model + charsmap(fixed32(1024) + value_far_away + std::string(1016, '\0') + std::string(1, '\0')),
          "outside its texts");
  refused(model + charsmap(std::string(kMaxCharsmapBytes + 1, 'x')), "a normaliser of");
  const auto made_of_one = [&](std::size_t bytes) {
    return model + charsmap(fixed32(1024) + fixed32(1u << 10 | 1u << 8) + fixed32(0x80000000u) +
                            std::string(1016, '\0') + std::string(bytes, 'b') + std::string(1, '\0'));
  };
  refused(made_of_one(kMaxReplacementBytes + 1), "more than 256 bytes of a character");
  CHECK_NOTHROW(parse_tokenizer(made_of_one(kMaxReplacementBytes), "long"));
}

TEST_CASE("hostile models: a line that normalisation would make far longer is refused before it is made") {
  const Scratch scratch;
  TokenizerConfig config;
  config.vocab_size = 40;
  std::string rule = "61\t";
  for (int i = 0; i < 250; ++i) rule += "62 ";
  config.options = {{"hard_vocab_limit", "false"},
                    {"normalization_rule_tsv", scratch.file("rule.tsv", rule + "\n").string()}};
  std::string text;
  for (int i = 0; i < 100; ++i) text += "1 2 3 " + std::to_string(i) + "\n";
  const auto tokenizer = train_tokenizer(config, lines_of({scratch.file("text", text)}));
  CHECK(tokenizer->normalization() == "user_defined");
  const auto ids = tokenizer->encode("1 a 2");
  CHECK(std::count(ids.begin(), ids.end(), 1) == 1);  // 250 letters that no piece holds are one unknown token
  for (const std::size_t length : {4000u, 1'000'000u})
    CHECK_THROWS_WITH(tokenizer->encode(std::string(length, 'a')), Contains("at most 12 times as long"));
}

TEST_CASE("hostile models: a name of the normalisation that is none is not shown") {
  const auto named = [](const std::string& name) {
    return parse_tokenizer(golden_model("bpe") + bytes_field(3, bytes_field(1, name)), "named")->normalization();
  };
  CHECK(named("my_rules") == "my_rules");
  for (const std::string name : {"", "\x1b[31mred", "two words"}) CHECK(named(name) == "unnamed");
}
