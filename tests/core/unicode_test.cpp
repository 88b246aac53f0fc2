#include "attend/core/unicode.h"

#include "attend/core/text.h"
#include "tests/metrics/golden.h"
#include "tests/support/test.h"

using namespace attend;

TEST_CASE("unicode: lower case is Python's, of every letter and of sigmas in all company") {
  REQUIRE(test::metrics_golden()["lower"].size() > 200);
  for (const Json& entry : test::metrics_golden()["lower"]) {
    const auto line = entry[0].get<std::string>(), expected = entry[1].get<std::string>();
    INFO(line);
    CHECK(to_lower(line) == expected);
    CHECK(to_lower(expected) == expected);
  }
}

TEST_CASE("unicode: lower case may change the length") {
  CHECK(to_lower("").empty());
  CHECK(to_lower("\u0130") == "i\u0307");
  CHECK(to_lower("\u1E9E\u212A") == "\u00DFk");
  CHECK(to_lower("\u039F\u03A3 \u03A3") == "\u03BF\u03C2 \u03C3");
  std::string dotted, expected;
  for (int i = 0; i < 1000; ++i) {
    dotted += "\u0130";
    expected += "i\u0307";
  }
  CHECK(to_lower(dotted) == expected);
  CHECK(to_lower(std::string("A\0B", 3)) == std::string("a\0b", 3));
}

TEST_CASE("unicode: classes of characters of all scripts") {
  for (const char32_t c : {U'!', U'\u00AB', U'\u3002', U'_', U'\u066B'}) CHECK(is_punctuation(c));
  for (const char32_t c : {U'$', U'\u20AC', U'+', U'^', U'\U0001F642'}) CHECK(is_symbol(c));
  for (const char32_t c : {U'7', U'\u0665', U'\u2162', U'\u00BD', U'\u3007'}) CHECK(is_number(c));
  for (const char32_t c : {U'a', U' ', U'\u4E2D', char32_t{0x110000}, char32_t{0xFFFFFFFF}})
    CHECK_FALSE((is_punctuation(c) || is_symbol(c) || is_number(c)));
}

TEST_CASE("unicode: sentences end where UAX 29 says, and not behind the abbreviations of a language") {
  const auto parts = [](const std::string& text, SentenceLanguage language = SentenceLanguage::any) {
    std::vector<std::string> sentences;
    std::size_t begin = 0;
    for (const std::size_t end : sentence_ends(text, language)) {
      sentences.push_back(text.substr(begin, end - begin));
      begin = end;
    }
    return sentences;
  };
  using Parts = std::vector<std::string>;
  CHECK(parts("").empty());
  CHECK(parts("no end") == Parts{"no end"});
  CHECK(parts("One.  Two? \u00c4h!\tFour") == Parts{"One.  ", "Two? ", "\u00c4h!\t", "Four"});
  CHECK(parts("It costs 3.50 today. ok.") == Parts{"It costs 3.50 today. ok."});  // no capital letter behind it
  CHECK(parts("\u6211\u559c\u6b22\u3002\u4f60\u5462\uff1f") == Parts{"\u6211\u559c\u6b22\u3002", "\u4f60\u5462\uff1f"});
  const std::string english = "Mr. Smith slept. He snored.";
  CHECK(parts(english) == Parts{"Mr. ", "Smith slept. ", "He snored."});
  CHECK(parts(english, SentenceLanguage::en) == Parts{"Mr. Smith slept. ", "He snored."});
  for (const auto language : values_of<SentenceLanguage>()) CHECK(parts("Ende gut. Alles gut.", language).size() == 2);
}

TEST_CASE("unicode: words are letters, marks and numbers of scripts with spaces") {
  for (const char32_t c : {U'a', U'\u00e9', U'7', U'\u0301', U'\u0416', U'\uac00'}) CHECK(is_in_word(c));
  for (const char32_t c : {U' ', U'-', U'.', U'\'', U'\u4e2d', U'\u3042', U'\u0e01', U'\U0001F642', U'\uFFFD'})
    CHECK_FALSE(is_in_word(c));
  for (const char32_t c : {U' ', U'\t', U'\u00a0', U'\u3000'}) CHECK(is_space(c));
  for (const char32_t c : {U'a', U'\u200b', U'\u200c'}) CHECK_FALSE(is_space(c));
}
