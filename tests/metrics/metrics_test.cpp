#include <cstdlib>

#include "attend/core/error.h"
#include "attend/core/json.h"
#include "attend/core/text.h"
#include "attend/metrics/bleu.h"
#include "attend/metrics/chrf.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

using namespace attend;

namespace {

constexpr double kTolerance = 1e-9;

const Json& golden() {
  static const Json json = [] {
    const char* source = std::getenv("ATTEND_SOURCE");
    return parse_json(test::slurp(std::string(source ? source : ".") + "/tests/golden/metrics.json"),
                      "metrics.json");
  }();
  return json;
}

void check_bleu(const BleuScore& ours, const Json& theirs) {
  CHECK(std::abs(ours.score - theirs["score"].get<double>()) <= kTolerance);
  CHECK(std::abs(ours.brevity_penalty - theirs["bp"].get<double>()) <= kTolerance);
  CHECK(ours.system_length == theirs["sys_len"].get<std::int64_t>());
  CHECK(ours.reference_length == theirs["ref_len"].get<std::int64_t>());
  for (std::size_t n = 0; n < kBleuOrder; ++n)
    CHECK(std::abs(ours.precisions[n] - theirs["precisions"][n].get<double>()) <= kTolerance);
}

}  // namespace

TEST_CASE("metrics: BLEU and chrF equal sacreBLEU's on hard lines") {
  REQUIRE(golden()["cases"].size() > 300);
  for (const Json& entry : golden()["cases"]) {
    const auto hypotheses = entry["hypotheses"].get<std::vector<std::string>>();
    const auto references = entry["references"].get<References>();
    const Json& scores = entry["scores"];
    INFO(hypotheses.front());
    check_bleu(corpus_bleu(hypotheses, references), scores["bleu"]);
    check_bleu(corpus_bleu(hypotheses, references, BleuTokenizer::none), scores["bleu_none"]);
    CHECK(std::abs(corpus_chrf(hypotheses, references) - scores["chrf"].get<double>()) <= kTolerance);
    if (!scores.contains("bleu_effective")) continue;
    const BleuStatistics statistics = bleu_statistics(hypotheses[0], references_of(references, 0));
    CHECK(std::abs(bleu_score(statistics, true).score - scores["bleu_effective"].get<double>()) <=
          kTolerance);
  }
}

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

TEST_CASE("metrics: 13a's substitutions consume what they match") {
  const auto tokenize = [](std::string_view line) { return bleu_tokenize(line, BleuTokenizer::mteval_13a); };
  CHECK(tokenize("Hello, world!") == "Hello , world !");
  CHECK(tokenize("3.14 and 1,000.") == "3.14 and 1,000 .");
  CHECK(tokenize("a..") == "a . .");
  CHECK(tokenize("10-12 it's") == "10 - 12 it's");
  CHECK(tokenize("&quot;a&amp;b&quot; &lt;c&gt;") == "\" a & b \" < c >");
  CHECK(tokenize("<skipped>x-\ny\nz") == "xy z");
}

TEST_CASE("metrics: statistics of parts add up to those of the whole") {
  const std::vector<std::string> hypotheses{"the cat sat on the mat", "a dog", ""};
  const References references{{"the cat sat on a mat", "the dog", "nothing"},
                              {"a cat was on the mat", "a dog barks", ""}};
  BleuStatistics bleu;
  ChrfStatistics chrf;
  for (std::size_t i = hypotheses.size(); i-- > 0;) {
    bleu += bleu_statistics(hypotheses[i], references_of(references, i));
    chrf += chrf_statistics(hypotheses[i], references_of(references, i));
  }
  CHECK(bleu_score(bleu).score == corpus_bleu(hypotheses, references).score);
  CHECK(chrf_score(chrf) == corpus_chrf(hypotheses, references));
}

TEST_CASE("metrics: equal texts score 100, texts with nothing in common 0") {
  const std::vector<std::string> lines{"one two three four five", "six seven eight nine ten"};
  CHECK(corpus_bleu(lines, {lines}).score == Approx(100));
  CHECK(corpus_chrf(lines, {lines}) == Approx(100));
  CHECK(corpus_bleu(lines, {{"a", "b"}}).score == 0);
  CHECK(corpus_chrf(lines, {{"\u3042", "\u3044"}}) == 0);
}

TEST_CASE("metrics: unequal counts and no reference are refused") {
  CHECK_THROWS_AS(corpus_bleu({"a"}, {}), DataError);
  CHECK_THROWS_AS(corpus_bleu({"a"}, {{"a"}, {"a", "b"}}), DataError);
  CHECK_THROWS_AS(corpus_chrf({"a", "b"}, {{"a"}}), DataError);
}

TEST_CASE("metrics: signatures say whose numbers they are and who made them") {
  const std::string bleu = bleu_signature(2, BleuTokenizer::none);
  CHECK(bleu.starts_with("nrefs:2|case:mixed|eff:no|tok:none|smooth:exp|version:attend-"));
  CHECK(bleu.ends_with("sacrebleu-2.6-compatible"));
  CHECK(chrf_signature(1).starts_with("nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:attend-"));
}
