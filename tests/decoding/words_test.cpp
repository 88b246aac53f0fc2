// Words of tokens, and what attention to tokens says of them.
#include "attend/decoding/words.h"

#include "tests/support/characters.h"
#include "tests/support/pieces.h"
#include "tests/support/test.h"

using namespace attend;
using Numbers = std::vector<std::int64_t>;

TEST_CASE("words: a token belongs to the word it begins in, white space to the word behind it") {
  //                                    0123456 78
  const auto words = words_at("ab  c\u00e9d ", std::vector<std::size_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  CHECK(words.count == 2);
  CHECK(words.of == Numbers{0, 0, 1, 1, 1, 1, 1, 1, 1, 1});
  CHECK(words_at(" a", std::vector<std::size_t>{0, 1}).of == Numbers{0, 0});
  CHECK(words_at("  ", std::vector<std::size_t>{0, 1}).of == Numbers{-1, -1});
  CHECK(words_at("", std::vector<std::size_t>{}).count == 0);
  CHECK(words_at("a\u00a0b\u3000c", std::vector<std::size_t>{}).count == 3);  // no-break and ideographic spaces
}

TEST_CASE("words: tokens that add no text yet belong with the next one") {
  const std::vector<std::string> texts{"das", " Haus", "", " ", "", "rot", "es", ""};
  const auto words = words_of(texts);
  CHECK(words.count == 3);
  CHECK(words.of == Numbers{0, 1, 2, 2, 2, 2, 2, 2});
}

TEST_CASE("words: the texts of tokens are, put together, the text of all, characters of several tokens too") {
  const test::Pieces pieces({"a", " b", "\xC3", "\xA9", " "});
  const std::vector<std::int32_t> ids{4, 5, 6, 7, 8, 4};
  const auto texts = texts_of(pieces, ids);
  CHECK(texts == std::vector<std::string>{"a", " b", "", "\u00e9", " ", "a"});
  CHECK(texts_of(pieces, {}).empty());
  const test::Scratch scratch;
  // its mark of an unknown character is U+FFFD, which is whole
  const auto characters = test::characters_of(scratch, "abc\n");
  CHECK(texts_of(*characters, characters->encode("aXbY")) == std::vector<std::string>{"a", "\uFFFD", "b", "\uFFFD"});
}

TEST_CASE("words: attention of words is the mean over their tokens of the sum over the source's") {
  const AttentionRows tokens{{0.5f, 0.25f, 0.125f, 0.125f}, {0.0f, 0.25f, 0.5f, 0.25f}, {0.0f, 0.0f, 0.0f, 1.0f}};
  // Source: tokens 0 and 1 are word 0, token 2 is word 1, then the end symbol. Target: two tokens of one word, and its
  // end.
  CHECK(word_attention(tokens, {{0, 0}, 1}, {{0, 0, 1}, 2}) ==
        AttentionRows{{0.5f, 0.3125f, 0.1875f}, {0.0f, 0.0f, 1.0f}});
  // A tag (-1) counts with the end symbol; without an end there is no row of it.
  CHECK(word_attention({tokens[0], tokens[1]}, {{0, 1}, 2}, {{-1, 0, 0}, 1}) ==
        AttentionRows{{0.375f, 0.625f}, {0.75f, 0.25f}});
  // A word inside the token before it.
  CHECK(word_attention({tokens[2], tokens[0]}, {{0, 2}, 3}, {{0, 0, 0}, 1}).at(1) == std::vector<float>{0.0f, 1.0f});
}
