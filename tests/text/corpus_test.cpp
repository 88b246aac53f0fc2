// What training reads of a corpus: prefixes, and what is held out for validation.
#include "attend/text/corpus.h"

#include <set>

#include "attend/core/error.h"
#include "attend/text/tokenizer.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

using namespace attend;
using attend::test::Scratch;
using Catch::Matchers::Contains;
using Pairs = std::vector<std::pair<std::string, std::string>>;

namespace {

Pairs pairs_of(const Corpus& corpus) {
  CorpusReader reader(corpus);
  Pairs pairs;
  for (std::string source, target; reader.next(source, target);) pairs.emplace_back(source, target);
  return pairs;
}

Corpus corpus_of(const std::filesystem::path& tsv) {
  Corpus corpus;
  corpus.files.tsv = tsv;
  return corpus;
}

}  // namespace

TEST_CASE("corpus: a prefix and a space stand before every line that is not blank") {
  const Scratch scratch;
  Corpus corpus = corpus_of(scratch.file("a.tsv", "one\teins\n\tzwei\nthree\t \n"));
  corpus.source_prefix = "<de>";
  CHECK(pairs_of(corpus) == Pairs{{"<de> one", "eins"}, {"", "zwei"}, {"<de> three", " "}});
  corpus.target_prefix = "to German:";
  CHECK(pairs_of(corpus) == Pairs{{"<de> one", "to German: eins"}, {"", "to German: zwei"}, {"<de> three", " "}});
}

TEST_CASE("corpus: a fraction held out is that share of the pairs, and the rest is the rest") {
  const Scratch scratch;
  std::string text;
  for (int i = 0; i < 20000; ++i) text += std::to_string(i) + "\t" + std::to_string(i * 7) + "\n";
  Corpus corpus = corpus_of(scratch.file("a.tsv", text));
  const Pairs all = pairs_of(corpus);
  corpus.held_out = 0.1;
  const Pairs train = pairs_of(corpus);
  corpus.validation = true;
  const Pairs validation = pairs_of(corpus);
  CHECK(train.size() + validation.size() == all.size());
  CHECK(std::abs(static_cast<double>(validation.size()) - 2000) < 5 * std::sqrt(20000 * 0.1 * 0.9));
  std::set<std::pair<std::string, std::string>> both(train.begin(), train.end());
  both.insert(validation.begin(), validation.end());
  CHECK(both.size() == all.size());
}

TEST_CASE("corpus: a pair that comes twice or the other way round is on one side; more text moves nothing") {
  for (int i = 0; i < 200; ++i) {
    const std::string source = "s" + std::to_string(i), target = "t" + std::to_string(i);
    CHECK(is_held_out(source, target, 0.3) == is_held_out(target, source, 0.3));
    if (is_held_out(source, target, 0.1)) CHECK(is_held_out(source, target, 0.3));
    CHECK_FALSE(is_held_out(source, target, 0.0));
  }
}

TEST_CASE("corpus: a tokenizer is trained on every side asked for, and a fault of the text is told as it is") {
  const Scratch scratch;
  const auto good = corpus_of(scratch.file("a.tsv", "ab\tcd\ne\tf\n")), bad = corpus_of(scratch.file("b.tsv", "gh\n"));
  const auto all = [](LineSource lines) {
    std::string text;
    for (std::string line; lines(line);) text += line + " ";
    return text;
  };
  CHECK(all(lines_of({good, good}, {Side::source, Side::target})) == "ab e ab e cd f cd f ");
  CHECK(all(lines_of({good}, {Side::target})) == "cd f ");
  for (const TokenizerType type : {TokenizerType::sentencepiece, TokenizerType::character}) {
    TokenizerConfig config;
    config.type = type;
    CHECK_THROWS_WITH(train_tokenizer(config, lines_of({good, bad}, {Side::source})),
                      Contains("b.tsv:1:1]") && Contains("no tab"));
    CHECK_THROWS_AS(train_tokenizer(config, lines_of({good, bad}, {Side::source})), DataError);
  }
}
