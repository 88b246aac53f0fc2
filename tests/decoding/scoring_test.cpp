// Laws of scoring: it gives again what a search found, whatever the batches.
#include "attend/decoding/scoring.h"

#include <ATen/ATen.h>

#include "attend/decoding/beam_search.h"
#include "attend/decoding/translation_scorer.h"
#include "tests/support/tiny_model.h"
#include "tests/support/toy_scorer.h"

using namespace attend;
using namespace attend::test;

TEST_CASE("scoring: every hypothesis of an n-best list gets its log-probability again") {
  const auto model = tiny_model(tiny_config());
  TranslationScorer scorer(model);
  SourceBatch batch{real_tokens(6, 7, 3), std::vector<std::int64_t>(6, 7), {}, {}};
  batch.ids.select(1, 6).fill_(kEos);
  const auto found = beam_search(scorer, batch, options_of(4, 9, 4));
  std::vector<ScoredPair> pairs;
  std::vector<const Hypothesis*> hypotheses;
  for (std::int64_t b = 0; b < 6; ++b)
    for (const Hypothesis& hypothesis : found[b]) {
      const auto* ids = batch.ids[b].const_data_ptr<std::int64_t>();
      pairs.push_back({{ids, ids + 7}, hypothesis.token_ids});
      hypotheses.push_back(&hypothesis);
    }
  REQUIRE(pairs.size() == 24);
  for (const std::int64_t batch_tokens : {1, 30, 10000}) {
    const auto scored = score_pairs(scorer, pairs, {SpecialIds{}, batch_tokens});
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      REQUIRE(scored[i].size() == pairs[i].target.size());
      double sum = 0;
      for (std::size_t t = 0; t < scored[i].size(); ++t) {
        sum += scored[i][t];
        REQUIRE(scored[i][t] == Approx(hypotheses[i]->token_log_probs[t]).margin(1e-5));
      }
      REQUIRE(sum == Approx(hypotheses[i]->log_prob).margin(1e-4));
    }
  }
}

TEST_CASE("scoring: pairs of every length come back in their order; an empty target is nothing") {
  const Toy toy{15, 3.0, 0.0};
  std::vector<ScoredPair> pairs;
  for (std::int32_t i = 0; i < 20; ++i) {
    pairs.push_back({Ids(1 + (i * 7) % 5, 4 + i % 9), {}});
    for (std::int32_t t = 0; t < (i * 5) % 7; ++t) pairs.back().target.push_back(3 + (i * 3 + t * 5) % 12);
  }
  for (const std::int64_t batch_tokens : {1, 12, 1000}) {
    ToyScorer scorer(toy);
    const auto scored = score_pairs(scorer, pairs, {SpecialIds{}, batch_tokens});
    REQUIRE(scored.size() == pairs.size());
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      REQUIRE(scored[i].size() == pairs[i].target.size());
      Ids prefix{kBos};
      for (std::size_t t = 0; t < scored[i].size(); ++t) {
        REQUIRE(scored[i][t] ==
                Approx(toy.log_probs(pairs[i].source.front(), prefix)[pairs[i].target[t]]).epsilon(1e-5));
        prefix.push_back(pairs[i].target[t]);
      }
    }
    REQUIRE(score_pairs(scorer, {}, {}).empty());
  }
}
