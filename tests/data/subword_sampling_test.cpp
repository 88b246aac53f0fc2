// Segmentations drawn in training: a pure function of where a line stands, never longer than allowed, always the text.
#include "attend/data/subword_sampling.h"

#include <set>

#include "attend/data/pair_mixture.h"
#include "tests/support/process.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

using namespace attend;
using Ids = std::vector<std::int32_t>;

namespace {

const std::vector<std::string> kLines{"der Mann kauft drei Äpfel.", "die Frau zählt viele Häuser?",
                                      "einhunderteinunddreißig Bücher", "ein Bäcker sucht auf <name>",
                                      "日本語 der Mann"};

Tokenizers golden_tokenizers(const std::string& name) {
  const auto both =
      load_tokenizer(test::test_environment("ATTEND_SOURCE") + "/tests/golden/subwords_" + name + ".model");
  return {both, both};
}

PairRequest request_of(const test::Scratch& scratch, const Tokenizers& tokenizers, TextSides sampled) {
  std::string tsv;
  for (int i = 0; i < 20; ++i)
    for (const auto& line : kLines) tsv += line + "\t" + kLines[static_cast<std::size_t>(i) % kLines.size()] + "\n";
  PairRequest request;
  request.corpus.files.tsv = scratch.file("a.tsv", tsv);
  request.tokenizers = tokenizers;
  request.sampled = sampled;
  return request;
}

PairMixture mixture_of(const PairRequest& request, const SubwordSampling::Options& options) {
  return {{{encode_pairs(request), 1.0}},
          BatchConfig{},
          options.seed,
          std::make_shared<SubwordSampling>(request.tokenizers, request.rule, options)};
}

std::vector<Ids> sources_of(const Pool& pool) {
  std::vector<Ids> lines;
  for (std::int64_t i = 0; i < pool.pairs.size(); ++i)
    lines.emplace_back(pool.pairs.source[i].begin(), pool.pairs.source[i].end());
  return lines;
}

}  // namespace

TEST_CASE("sampling: the segmentation of a line belongs to seed, corpus, line, pass and side") {
  const auto tokenizers = golden_tokenizers("bpe");
  const SubwordSampling sampling(tokenizers, {}, {0.5, 0.5, 1}), same(tokenizers, {}, {0.5, 0.5, 1}),
      other(tokenizers, {}, {0.5, 0.5, 2});
  const auto text = tokenizers.source->normalize("der Mann kauft einhunderteinunddreißig Bücher");
  const Draw draw{1, 7, 3};
  const auto ids = sampling.encode(text, Side::source, draw);
  CHECK((same.encode(text, Side::source, draw) == ids));
  CHECK((sampling.encode(text, Side::target, draw) != ids));
  CHECK((other.encode(text, Side::source, draw) != ids));
  for (const Draw& elsewhere : {Draw{0, 7, 3}, Draw{1, 8, 3}, Draw{1, 7, 4}})
    CHECK((sampling.encode(text, Side::source, elsewhere) != ids));
}

TEST_CASE("sampling: a line too long is segmented without, or cropped") {
  const auto tokenizers = golden_tokenizers("bpe");
  const auto text = tokenizers.source->normalize("der Mann kauft einhunderteinunddreißig Bücher");
  const auto plain = tokenizers.source->encode("der Mann kauft einhunderteinunddreißig Bücher");
  LengthRule rule{static_cast<std::int64_t>(plain.size()) + 1, OverLength::skip};
  CHECK((SubwordSampling(tokenizers, rule, {0.9, 0.9, 1}).encode(text, Side::source, {}) == plain));
  rule.over_length = OverLength::crop;
  const auto cropped = SubwordSampling(tokenizers, rule, {0.9, 0.9, 1}).encode(text, Side::source, {});
  CHECK((cropped.size() == plain.size() && cropped != plain));
}

TEST_CASE("sampling: pools are pure functions, epochs differ, and every line decodes to its text") {
  for (const std::string name : {"bpe", "unigram"}) {
    const test::Scratch scratch;
    const auto tokenizers = golden_tokenizers(name);
    const auto request = request_of(scratch, tokenizers, {true, true});
    const auto mixture = mixture_of(request, {0.3, 0.3, 5}), same = mixture_of(request, {0.3, 0.3, 5});
    const auto first = mixture.pool(0, 0), second = mixture.pool(1, 0);
    CHECK((sources_of(first) == sources_of(same.pool(0, 0)) && first.batches == same.pool(0, 0).batches));
    CHECK((sources_of(first) != sources_of(second)));
    std::multiset<std::string> expected, texts;
    for (int i = 0; i < 20; ++i)
      for (const auto& line : kLines) expected.insert(tokenizers.source->decode(tokenizers.source->encode(line)));
    for (const auto& ids : sources_of(first)) texts.insert(tokenizers.source->decode(ids));
    CHECK((texts == expected));
  }
}

TEST_CASE("sampling: a side with alpha 0 is segmented as ever beside one that is drawn") {
  const test::Scratch scratch;
  const auto tokenizers = golden_tokenizers("unigram");
  const auto pool = mixture_of(request_of(scratch, tokenizers, {true, false}), {0.2, 0.0, 5}).pool(0, 0);
  std::set<Ids> targets, expected;
  for (const auto& line : kLines) expected.insert(tokenizers.target->encode(line));
  for (std::int64_t i = 0; i < pool.pairs.size(); ++i)
    targets.emplace(pool.pairs.target[i].begin(), pool.pairs.target[i].end());
  CHECK((targets == expected));
}
