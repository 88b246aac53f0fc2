// Laws of text that grows token by token.
#include "attend/decoding/continuation_text.h"

#include <numeric>

#include "attend/core/text.h"
#include "tests/support/pieces.h"
#include "tests/support/test.h"

using namespace attend;
using namespace attend::test;

namespace {

// What a continuation of all pieces gives, token by token; the rest is last.
std::vector<std::string> parts_of(const Pieces& pieces, const std::vector<std::string>& stops = {},
                                  std::int64_t min_tokens = 0) {
  ContinuationText text(pieces, {}, {stops, min_tokens});
  std::vector<std::string> parts;
  for (std::int32_t id = 4; id < pieces.size(); ++id) parts.push_back(text.add(id));
  parts.push_back(text.finish());
  return parts;
}

std::string all_of(const std::vector<std::string>& parts) {
  return std::accumulate(parts.begin(), parts.end(), std::string());
}

using Written = std::vector<std::string>;

}  // namespace

TEST_CASE("growing text: a character is given when its last byte is there, never half of it") {
  CHECK(parts_of(Pieces({"a\xE2", "\x82",
                         "\xAC"
                         "b",
                         "\xF0\x9F", "\x98\x80"})) == Written{"", "",
                                                            "a\xE2\x82\xAC"
                                                            "b",
                                                            "", "\xF0\x9F\x98\x80", ""});
}

TEST_CASE("growing text: bytes that are no character become U+FFFD, as in the whole text") {
  const Written pieces{"a", "\xFF", "\xE2", "b\x80", "\xC3", "\xC3", "\xA9", "\xF0\x9F"};
  std::string whole;
  for (const auto& piece : pieces) whole += piece;
  const auto parts = parts_of(Pieces(pieces));
  for (const auto& part : parts) CHECK(is_valid_utf8(part));
  CHECK(all_of(parts) == encode_utf8(decode_utf8(whole)));
}

TEST_CASE("growing text: a tokenizer that takes the space of a first word away gives it behind a prompt") {
  class Words final : public Tokenizer {  // a word a token, as SentencePiece writes them
   public:
    std::vector<std::int32_t> encode(std::string_view) const override { return {}; }
    std::string decode(std::span<const std::int32_t> ids) const override {
      std::string text;
      for (const auto id : ids) {
        if (!text.empty()) text += ' ';
        text += static_cast<char>('a' + id);
      }
      return text;
    }
    std::int64_t size() const override { return 26; }
    std::string piece(std::int32_t) const override { return ""; }
    SpecialIds special() const override { return {}; }
    TokenizerType type() const override { return TokenizerType::sentencepiece; }
    const std::string& serialized() const override { return bytes_; }
    std::string_view file_extension() const override { return "tokenizer.model"; }

   private:
    std::string bytes_;
  };
  const Words words;
  std::vector<std::int32_t> prompt(40, 23);
  TokenText behind(words, prompt), alone(words, {});
  std::string text, first;
  for (const std::int32_t token : {0, 1, 2}) {
    text += behind.add(token);
    first += alone.add(token);
  }
  CHECK(text == " a b c");
  CHECK(first == "a b c");
}

TEST_CASE("stop strings: they end the text across the borders of tokens, and are left out") {
  CHECK(parts_of(Pieces({"one ", "E", "N", "D!", "more"}), {"END"}) == Written{"one ", "", "", "", "", ""});
  CHECK(all_of(parts_of(Pieces({"one END two"}), {"two", "END"})) == "one ");
  CHECK(all_of(parts_of(Pieces({"a\xE2\x82", "\xAC""b"}), {"\xE2\x82\xAC"})) == "a");
  CHECK(all_of(parts_of(Pieces({"END", "x"}), {"END"})).empty());
}

TEST_CASE("stop strings: what may be their beginning is held back until it cannot be, and given at the end") {
  CHECK(parts_of(Pieces({"EEN", "E", "ND"}), {"ENDE"}) == Written{"E", "EN", "", "END"});
  CHECK(parts_of(Pieces({"a\n", "\n", "b\n"}), {"\n\nx", "\n\n\n"}) == Written{"a", "", "\n\nb", "\n"});
  CHECK(parts_of(Pieces({"abab", "abac"}), {"ababac"}) == Written{"", "ab", ""});
}
