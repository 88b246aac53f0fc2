#include "attend/core/text.h"

#include <limits>

#include "tests/support/test.h"

using namespace attend;

TEST_CASE("UTF-8: every code point survives encoding and decoding") {
  for (char32_t code = 0; code <= 0x10FFFF; code += code < 0x3000 ? 1 : 97) {
    if (code >= 0xD800 && code <= 0xDFFF) continue;
    std::string text;
    append_utf8(text, code);
    if (!is_valid_utf8(text) || decode_utf8(text) != std::vector<char32_t>{code})
      FAIL("code point " << static_cast<unsigned>(code));
  }
}

TEST_CASE("UTF-8: the first faulty byte is named") {
  CHECK_FALSE(invalid_utf8_at(""));
  CHECK_FALSE(invalid_utf8_at("Gr\xC3\xBC\xC3\x9F"
                              "e \xE2\x82\xAC \xF0\x9F\x98\x80"));
  CHECK(invalid_utf8_at("ab\xFF") == 2u);
  CHECK(invalid_utf8_at("\x80") == 0u);                  // continuation without lead
  CHECK(invalid_utf8_at("a\xC3") == 1u);                 // cut off
  CHECK(invalid_utf8_at("\xC0\xAF") == 0u);              // overlong
  CHECK(invalid_utf8_at("\xE0\x80\xAF") == 0u);
  CHECK(invalid_utf8_at("\xF0\x80\x80\x80") == 0u);
  CHECK(invalid_utf8_at("\xED\xA0\x80") == 0u);          // surrogate
  CHECK(invalid_utf8_at("\xF4\x90\x80\x80") == 0u);      // beyond U+10FFFF
  CHECK(invalid_utf8_at("\xF5\x80\x80\x80") == 0u);
}

TEST_CASE("UTF-8: an invalid byte decodes to the replacement character") {
  CHECK(decode_utf8("a\xFF"
                    "b") == std::vector<char32_t>{U'a', 0xFFFD, U'b'});
  CHECK(encode_utf8({0xD800}) == encode_utf8({0xFFFD}));
}

TEST_CASE("UTF-8: what breaks off becomes one U+FFFD for each longest beginning of a character") {
  const std::string r = "\uFFFD";  // the examples of the Unicode Standard, tables 3-8 to 3-11
  CHECK(repair_utf8("a\xF1\x80\x80\xE1\x80\xC2"
                    "b\x80"
                    "c\x80\xBF"
                    "d") == "a" + r + r + r + "b" + r + "c" + r + r + "d");
  CHECK(repair_utf8("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82" "A") == r + r + r + r + r + r + r + r + "A");
  CHECK(repair_utf8("\xED\xA0\x80\xED\xBF\xBF\xED\xAF" "A") == r + r + r + r + r + r + r + r + "A");
  CHECK(repair_utf8("\xF4\x91\x92\x93\xFF" "A\x80\xBF" "B") == r + r + r + r + r + "A" + r + r + "B");
  CHECK(repair_utf8("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF" "A") == r + r + r + r + "A");
  CHECK(repair_utf8("gr\u00fc\u00df \U0001F642") == "gr\u00fc\u00df \U0001F642");
  CHECK(repair_utf8("\xF0\x9F\x99") == r);
  CHECK(repair_utf8("").empty());
}

TEST_CASE("split, join and trim") {
  CHECK(split("a,b,,c", ',') == std::vector<std::string>{"a", "b", "", "c"});
  CHECK(split("", ',') == std::vector<std::string>{""});
  CHECK(join(split("x y z", ' '), "+") == "x+y+z");
  CHECK(trim(" \t a b \r\n") == "a b");
  CHECK(trim(" \n ").empty());
}

TEST_CASE("numbers: the whole text must be one") {
  CHECK(parse_int("-12") == -12);
  CHECK(parse_int("9223372036854775807") == std::numeric_limits<std::int64_t>::max());
  for (const char* text : {"", " 1", "1 ", "+1", "1.0", "0x10", "9223372036854775808", "1e3"})
    CHECK_FALSE(parse_int(text));
  CHECK(parse_double("1e-9") == 1e-9);
  CHECK(parse_double("-.5") == -0.5);
  for (const char* text : {"", "1,5", "nan", "inf", "1e999", "1.0x"}) CHECK_FALSE(parse_double(text));
}

TEST_CASE("numbers: shortest text that reads back as the same double") {
  for (const double value : {0.1, 1e-9, 1.0 / 3, -2.5e300, 5e-324, 0.0, 4096.0})
    CHECK(parse_double(format_double(value)) == value);
  CHECK(format_double(0.1) == "0.1");
  CHECK(format_fixed(2.345678, 2) == "2.35");
  CHECK(format_fixed(-1e300, 1).size() == 304);
  CHECK(format_count(1234567) == "1,234,567");
  CHECK(format_count(-123456) == "-123,456");
  CHECK(format_count(-123) == "-123");
  CHECK(format_count(0) == "0");
}

TEST_CASE("nearest word: typing errors are found, strangers are not") {
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("tpye", "type") == 1);
  CHECK(edit_distance("", "abc") == 3);
  const std::vector<std::string> verbs{"train", "translate", "evaluate"};
  CHECK(nearest("trian", verbs) == "train");
  CHECK(nearest("tranlsate", verbs) == "translate");
  CHECK(nearest("--temp", {"--help", "--temperature"}) == "--temperature");
  CHECK_FALSE(nearest("banana", verbs));
  CHECK_FALSE(nearest("x", {"ab"}));
  CHECK_FALSE(nearest(std::string(100'000, 'a'), verbs));
  CHECK(did_you_mean("evalute", verbs) == ", did you mean \"evaluate\"?");
  CHECK(did_you_mean("banana", verbs).empty());
}

TEST_CASE("text: what a message shows moves no cursor, colours nothing and turns nothing around") {
  CHECK(visible_text("plain, \xC3\xBC\xE6\xBC\xA2 text\n\tof two lines") ==
        "plain, \xC3\xBC\xE6\xBC\xA2 text\n\tof two lines");
  CHECK(visible_text("\x1B]0;title\a\x1B[31mred\r\x7F") == "\\x1b]0;title\\x07\\x1b[31mred\\x0d\\x7f");
  CHECK(visible_text("\xC2\x9B" "31m") == "\\u009b31m");                  // CSI as one C1 character
  CHECK(visible_text("\xE2\x80\xAE" "cod.exe") == "\\u202ecod.exe");     // right to left
  CHECK(visible_text(std::string("a\xFF\xC3") + '\0') == "a\\xff\\xc3\\x00");  // bytes that are no UTF-8, and NUL
  CHECK(visible_line("one\ntwo") == "one\\ntwo");
}
