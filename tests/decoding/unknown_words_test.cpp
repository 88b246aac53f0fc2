// Words that the target vocabulary cannot write.
#include "attend/decoding/unknown_words.h"

#include "attend/core/error.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

using namespace attend;
using attend::test::Scratch;

namespace {

constexpr std::int32_t kUnknown = 1;

// A line whose tokens are "|"-separated; those in brackets are unknown.
struct Source {
  explicit Source(const std::string& tokens) {
    for (std::size_t at = 0; at < tokens.size();) {
      const auto end = std::min(tokens.find('|', at), tokens.size());
      std::string token = tokens.substr(at, end - at);
      const bool unknown = token.find('[') != std::string::npos;
      std::erase_if(token, [](char c) { return c == '[' || c == ']'; });
      spans.push_back({line.size(), line.size() + token.size()});
      line += token;
      ids.push_back(unknown ? kUnknown : 9);
      at = end + 1;
    }
    ids.push_back(3);
  }
  SourceTokens view() const { return {line, ids, spans, kUnknown}; }
  // All of the attention on one token.
  std::vector<float> on(std::size_t token) const {
    std::vector<float> weights(ids.size(), 0.0f);
    weights[token] = 1;
    return weights;
  }
  std::string line;
  std::vector<std::int32_t> ids;
  std::vector<TextSpan> spans;
};

// Target tokens, unknown ones as "?", each looking at the source token given.
std::string replaced(const Source& source, std::vector<std::string> texts, const std::vector<std::size_t>& looks,
                     const Dictionary& dictionary = {}) {
  std::vector<std::int32_t> ids;
  AttentionRows attention;
  for (std::size_t t = 0; t < texts.size(); ++t) {
    ids.push_back(texts[t].find('?') == std::string::npos ? 9 : kUnknown);
    attention.push_back(source.on(looks[t]));
  }
  replace_unknown(texts, ids, kUnknown, attention, source.view(), dictionary);
  std::string text;
  for (const auto& part : texts) text += part;
  return text;
}

}  // namespace

TEST_CASE("unknown words: the unknown token that was looked at most, with the word around it") {
  const Source source("My| name| is| Szcz|[\u0119]|sny|, not| |[\u4e2d\u6587]|\u5b57|.");
  CHECK(source_word_of(source.view(), source.on(4)) == "Szcz\u0119sny");
  CHECK(source_word_of(source.view(), source.on(8)) == "\u4e2d\u6587");  // no spaces: the token's own text
  auto weights = source.on(3);
  weights[8] = 0.25f;
  CHECK(source_word_of(source.view(), weights) == "\u4e2d\u6587");  // of the unknown tokens, not of all
  const Source known("red| car|s| |.");
  CHECK(source_word_of(known.view(), known.on(2)) == "cars");
  CHECK(source_word_of(known.view(), known.on(3)) != "");  // white space stands for no word
  CHECK(source_word_of(known.view(), known.on(4)) == ".");
}

TEST_CASE("unknown words: the target's word is replaced as a whole, what stands beside it stays") {
  const Source source("Szcz|[\u0119]|sny| met| |[\u4e2d\u6587]| and| |[\U0001F642]|.");
  CHECK(replaced(source, {"Herr", " ", " ? ", "."}, {0, 0, 1, 9}) == "Herr Szcz\u0119sny.");
  CHECK(replaced(source, {"Herr", " S", "?", "sny", "."}, {0, 0, 1, 2, 9}) == "Herr Szcz\u0119sny.");
  CHECK(replaced(source, {"traf", " \u5b57", "?", "\u5b57"}, {3, 5, 5, 5}) == "traf \u5b57\u4e2d\u6587\u5b57");
  CHECK(replaced(source, {"gut", "?", "!"}, {0, 8, 9}) == "gut\U0001F642!");
  // the tokens' own spaces are theirs
  CHECK(replaced(source, {"?", " und", " ?"}, {1, 6, 5}) == "Szcz\u0119sny und\u4e2d\u6587");
  const Source umlauts("M|[\u00fc]|[\u00fc]|ller| met");
  CHECK(replaced(umlauts, {"M", "?", "?", "ler", " und"}, {0, 1, 2, 3, 4}) == "M\u00fc\u00fcller und");
}

TEST_CASE("unknown words: a dictionary says what they become, others are copied") {
  const Source source("a| |[\u0119\u0119]| |[\u0107]| b");
  CHECK(replaced(source, {"x", " ", "?", " ", "?"}, {0, 1, 2, 3, 4}, {{"\u0119\u0119", "zwei Worte"}}) ==
        "x zwei Worte \u0107");
}

TEST_CASE("unknown words: a dictionary is words with tabs between them, and faults are named by line") {
  const Scratch scratch;
  const auto read = [&](const std::string& text) { return read_dictionary(scratch.file("words.tsv", text)); };
  CHECK(read("a\tb c\n\n d \t e\na\tb c\n") == Dictionary{{"a", "b c"}, {"d", "e"}});
  for (const auto& [text, where] :
       {std::pair{"a b\n", ":1]"}, {"a\tb\nc\td\te\n", ":2]"}, {"a\t\n", ":1]"}, {"a\tb\na\tc\n", ":2]"}}) {
    try {
      read(text);
      FAIL("no error");
    } catch (const DataError& error) {
      CHECK_THAT(error.what(), Catch::Matchers::Contains(where));
    }
  }
}
