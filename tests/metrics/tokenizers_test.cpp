#include "attend/metrics/tokenizers.h"

#include "tests/support/test.h"

using namespace attend;

TEST_CASE("tokenizers: 13a's substitutions consume what they match") {
  const auto tokenize = [](std::string_view line) { return bleu_tokenize(line, BleuTokenizer::mteval_13a); };
  CHECK(tokenize("Hello, world!") == "Hello , world !");
  CHECK(tokenize("3.14 and 1,000.") == "3.14 and 1,000 .");
  CHECK(tokenize("a..") == "a . .");
  CHECK(tokenize("10-12 it's") == "10 - 12 it's");
  CHECK(tokenize("&quot;a&amp;b&quot; &lt;c&gt;") == "\" a & b \" < c >");
  CHECK(tokenize("<skipped>x-\ny\nz") == "xy z");
}

TEST_CASE("tokenizers: intl parts punctuation except between numbers, and symbols always") {
  const auto tokenize = [](std::string_view line) { return bleu_tokenize(line, BleuTokenizer::intl); };
  CHECK(tokenize("Hello, world!") == "Hello , world !");
  CHECK(tokenize("1,000.5 2\u066B5 x\u066By") == "1,000.5 2\u066B5 x \u066B y");
  CHECK(tokenize("in 1999.") == "in 1999.");  // mteval-v14's own oversight
  CHECK(tokenize("5\u20AC\u00ABq\u00BB\u3002") == "5 \u20AC \u00AB q \u00BB \u3002");
}

TEST_CASE("tokenizers: char makes a word of every character, zh of Chinese ones") {
  CHECK(bleu_tokenize(" ab  \u4E2D\u6587. ", BleuTokenizer::character) == "a b \u4E2D \u6587 .");
  CHECK(bleu_tokenize("\u4E2D\u6587ab 3.5\u3002", BleuTokenizer::zh) == "\u4E2D \u6587 ab 3.5 \u3002");
  CHECK(bleu_tokenize("a\u2014b", BleuTokenizer::zh) == "a \u2014 b");  // the range that sacreBLEU mistyped
  CHECK(bleu_tokenize("\U00020001x", BleuTokenizer::zh) == "\U00020001x");  // and what it meant
}

TEST_CASE("tokenizers: words stay in order, no character is lost but white space, nothing is parted twice") {
  const std::string line =
      "\u00ABDie 3,5 Fl\u00E4chen\u00BB, sagt\u2019s er\u2026 (50%)\u3000\u4E2D\u6587!\u2028a-b 7-8";
  const auto squeezed = [](std::string text) {
    text = bleu_tokenize(text, BleuTokenizer::none);
    std::erase(text, ' ');
    return text;
  };
  for (const BleuTokenizer tokenizer : values_of<BleuTokenizer>()) {
    INFO(name_of(tokenizer));
    const std::string tokens = bleu_tokenize(line, tokenizer);
    CHECK(squeezed(tokens) == squeezed(line));
    CHECK(bleu_tokenize(tokens, tokenizer) == tokens);
    CHECK(bleu_tokenize("", tokenizer).empty());
    CHECK(bleu_tokenize(" \u3000\t", tokenizer).empty());
  }
}
