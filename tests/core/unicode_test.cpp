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
