// Long lines of characters that a SentencePiece model does not know: as the short ones, and in linear time.
#include <algorithm>
#include <random>

#include "attend/text/tokenizer.h"
#include "tests/support/test.h"

using namespace attend;
using Ids = std::vector<std::int32_t>;

namespace {

// Without pieces for bytes, so that there are unknown characters.
std::shared_ptr<const Tokenizer> subwords_of(SubwordAlgorithm algorithm) {
  TokenizerConfig config;
  config.algorithm = algorithm;
  config.vocab_size = 40;
  config.options = {{"hard_vocab_limit", "false"}};
  config.user_symbols = {"<name>", "the \u304b"};
  return train_tokenizer(config, [at = 0](std::string& line) mutable {
    line = "the house number " + std::to_string(at) + " is xed";
    return at++ < 200;
  });
}

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

// Where tokens end; the spaces between words may belong to either side.
std::vector<std::size_t> ends_of(const std::vector<TextSpan>& spans) {
  std::vector<std::size_t> ends;
  for (const TextSpan& span : spans) ends.push_back(span.end);
  return ends;
}

// A line of words, known and not, of spaces, and of what normalisation composes, cuts or makes longer.
std::string random_line(std::mt19937& random, std::size_t characters) {
  static const std::vector<std::string> kParts{
      "the",    "house",  " ",      "  ",         "\u6f22", "\u5b57", "\u304b",  "\u3099", "\uff76", "\uff9e", "\ufdfa",
      "\u1100", "\u1161", "\u00bd", "the \u304b", "\u200b", "\u0416", "e\u0301", "\t",     "\u2581", "<name>"};
  std::string line;
  for (std::size_t i = 0; i < characters; ++i) {
    const std::string& part = kParts[random() % kParts.size()];
    line += random() % 3 == 0 ? repeated(part, random() % 40) : part;
  }
  return line;
}

}  // namespace

// Long lines are cut and short ones are not, and no piece of these models reaches over a space.
TEST_CASE("unknown runs: a long line is what its words are one by one, whatever normalisation does") {
  std::mt19937 random(3);
  for (const SubwordAlgorithm algorithm : values_of<SubwordAlgorithm>()) {
    const auto tokenizer = subwords_of(algorithm);
    const auto unk = tokenizer->special().unk;
    for (int round = 0; round < 40; ++round) {
      Ids expected;
      std::vector<TextSpan> spans;
      std::string line;
      for (int word = 0; word < 6; ++word) {
        const std::string part = "x " + random_line(random, 20) + repeated("\u6f22", 1 + random() % 400) + " x";
        const Ids ids = tokenizer->encode(part);
        expected.insert(expected.end(), ids.begin(), ids.end());
        for (const auto& span : tokenizer->spans(part))
          spans.push_back(
              {line.size() + (line.empty() ? 0 : 1) + span.begin, line.size() + (line.empty() ? 0 : 1) + span.end});
        line += (line.empty() ? "" : " ") + part;
      }
      INFO(name_of(algorithm) << " " << round);
      CHECK((tokenizer->encode(line) == expected));
      CHECK(std::ranges::count(expected, unk) > 0);
      CHECK((ends_of(tokenizer->spans(line)) == ends_of(spans)));
    }
  }
}

TEST_CASE("unknown runs: a run is one unknown token however long it is, and normalised text keeps its characters") {
  for (const SubwordAlgorithm algorithm : values_of<SubwordAlgorithm>()) {
    const auto tokenizer = subwords_of(algorithm);
    for (const std::size_t length : {1u, 1365u, 1366u, 1367u, 5000u, 20000u})
      for (const std::string run : {"\u6f22", "\u6f22\u304b\u3099", "\uff76\uff9e"}) {
        const std::string line = "the " + repeated(run, length) + "the house";
        CHECK((tokenizer->encode(line) == tokenizer->encode("the " + run + "the house")));
        const std::string normal = tokenizer->normalize(run),
                          of_run = normal.substr(normal.starts_with("\u2581") ? 3 : 0);
        CHECK((tokenizer->normalize(line) ==
               tokenizer->normalize("the") + "\u2581" + repeated(of_run, length) + "the\u2581house"));
      }
  }
}

// Each took 18 seconds while they cost the square of their length.
TEST_CASE("unknown runs: lines of a megabyte are one token") {
  const auto tokenizer = subwords_of(SubwordAlgorithm::bpe);
  const std::string line = repeated("\u6f22", 349'000);
  for (int i = 0; i < 2; ++i) CHECK(tokenizer->encode(line).size() <= 2);
}
