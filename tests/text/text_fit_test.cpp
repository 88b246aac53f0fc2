// What is said of a text that does not fit its tokenizer.
#include "attend/text/text_fit.h"

#include "attend/core/log.h"
#include "tests/support/characters.h"
#include "tests/support/test.h"

using namespace attend;
using attend::test::Scratch;

namespace {

template <class Action>
std::string told_by(const Action& action) {
  const Scratch scratch;
  const LogLevel before = log_level();
  set_log_level(LogLevel::off);
  open_log_file(scratch / "log");
  action();
  close_log_file();
  set_log_level(before);
  return test::slurp(scratch / "log");
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("text fit: shares are shown in hundredths, and more than one of a hundred is warned of") {
  CHECK(unknown_share({1000, 0}) == "0 %");
  CHECK(unknown_share({0, 0}) == "0 %");
  CHECK(unknown_share({1000, 25}) == "2.50 %");
  CHECK(unknown_share({1'000'000, 1}) == "less than 0.01 %");
  CHECK(told_by([] { warn_of_unknown("train", "tokens", {1000, 10}); }).empty());
  const std::string told = told_by([] { warn_of_unknown("train", "source tokens", {1000, 11}); });
  CHECK((has(told, "[train] 1.10 % of the source tokens (11 of 1,000)") && has(told, "byte_fallback")));
}

TEST_CASE("text fit: special symbols that a text spells are told by name, with what they are read as") {
  const Scratch scratch;
  const auto text = scratch.file("text", "some text to learn from\n");
  const auto told_of = [&](bool parse_special, std::int64_t count) {
    TokenizerConfig config;
    config.type = TokenizerType::bpe;
    config.vocab_size = 262;
    config.parse_special = parse_special;
    const auto tokenizer = train_tokenizer(config, lines_of({text}));
    return told_by([&] { warn_of_specials("train", count, *tokenizer); });
  };
  CHECK(told_of(false, 0).empty());
  CHECK(has(told_of(false, 3), "(<pad>, <unk>, <s>, </s>) 3 times; they are read as text"));
  CHECK(has(told_of(true, 1), "(<pad>, <unk>, <s>, </s>) 1 time; it is read as symbols"));
}

TEST_CASE(
    "text fit: a line of nothing but unknown characters and spaces is known as one, three are told and the rest "
    "counted") {
  const Scratch scratch;
  const auto tokenizer = test::characters_of(scratch, "ab c\n");
  for (const std::string text : {"\u043f\u0440", "\u043f \u0440"})
    CHECK(is_unknown(*tokenizer, tokenizer->encode(text)));
  for (const std::string text : {"", " ", "a", "\u043f a"})
    CHECK_FALSE(is_unknown(*tokenizer, tokenizer->encode(text)));
  const std::string told = told_by([] {
    UnknownLines lines("score", "line");
    for (std::int64_t line = 1; line <= 12; ++line) lines.add(line, line % 2 == 0);
  });
  CHECK((has(told, "[score] line 2:") && has(told, "line 6:") && !has(told, "line 8:") && !has(told, "line 1:") &&
         has(told, "3 more had nothing but unknown")));
}
