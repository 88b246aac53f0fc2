#include "attend/core/error.h"
#include "attend/core/text.h"
#include "attend/metrics/bleu.h"
#include "attend/metrics/chrf.h"
#include "attend/metrics/ter.h"
#include "tests/support/test.h"

using namespace attend;

TEST_CASE("metrics: the values that sacreBLEU's own tests hold") {
  const BleuStatistics statistics{11, 11, {9, 7, 5, 3}, {10, 8, 6, 4}};
  CHECK(bleu_score(statistics).score == Approx(83.75922397).epsilon(1e-9));
  CHECK(corpus_chrf({"aa"}, {{"ab"}}) == Approx(25.0));
  CHECK(corpus_chrf({"a b c"}, {{"abc"}}) == Approx(100.0));
  CHECK(corpus_bleu({"", ""}, {{"a", "b"}}).score == 0.0);
}

TEST_CASE("metrics: white space is Python's 29 code points and no other") {
  std::vector<char32_t> spaces;
  for (char32_t c = 1; c < 0x11000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    const std::string text = encode_utf8({c});
    if (const std::size_t width = white_space_at(text, 0)) {
      CHECK(width == text.size());
      spaces.push_back(c);
      CHECK(split_at_white_space("a" + text + "b").size() == 2);
      CHECK(strip_trailing_white_space("a" + text + text) == "a");
    }
  }
  std::vector<char32_t> expected{9, 10, 11, 12, 13, 0x1C, 0x1D, 0x1E, 0x1F, 0x20, 0x85, 0xA0, 0x1680};
  for (char32_t c = 0x2000; c <= 0x200A; ++c) expected.push_back(c);
  for (const char32_t c : {0x2028, 0x2029, 0x202F, 0x205F, 0x3000}) expected.push_back(c);
  CHECK(spaces == expected);
  CHECK(spaces.size() == 29);
}

TEST_CASE("metrics: statistics of parts add up to those of the whole") {
  const std::vector<std::string> hypotheses{"the cat sat on the mat", "a dog", ""};
  const References references{{"the cat sat on a mat", "the dog", "nothing"},
                              {"a cat was on the mat", "a dog barks", ""}};
  BleuStatistics bleu;
  ChrfStatistics chrf;
  TerStatistics ter;
  for (std::size_t i = hypotheses.size(); i-- > 0;) {
    bleu += bleu_statistics(hypotheses[i], references_of(references, i));
    chrf += chrf_statistics(hypotheses[i], references_of(references, i), {.words = true});
    ter += ter_statistics(hypotheses[i], references_of(references, i));
  }
  CHECK(bleu_score(bleu).score == corpus_bleu(hypotheses, references).score);
  CHECK(chrf_score(chrf) == corpus_chrf(hypotheses, references, {.words = true}));
  CHECK(ter_score(ter) == Approx(corpus_ter(hypotheses, references)));
}

TEST_CASE("metrics: equal texts score best, texts with nothing in common worst") {
  const std::vector<std::string> lines{"one two three four five", "six seven eight nine ten"};
  CHECK(corpus_bleu(lines, {lines}).score == Approx(100));
  CHECK(corpus_chrf(lines, {lines}) == Approx(100));
  CHECK(corpus_chrf(lines, {lines}, {.words = true}) == Approx(100));
  CHECK(corpus_ter(lines, {lines}) == 0);
  CHECK(corpus_ter({"a b"}, {{"c d"}}) == 100);
  CHECK(corpus_bleu(lines, {{"a", "b"}}).score == 0);
  CHECK(corpus_chrf(lines, {{"\u3042", "\u3044"}}) == 0);
}

TEST_CASE("metrics: unequal counts and no reference are refused") {
  CHECK_THROWS_AS(corpus_bleu({"a"}, {}), DataError);
  CHECK_THROWS_AS(corpus_bleu({"a"}, {{"a"}, {"a", "b"}}), DataError);
  CHECK_THROWS_AS(corpus_chrf({"a", "b"}, {{"a"}}), DataError);
  CHECK_THROWS_AS(corpus_ter({"a"}, {}), DataError);
}
