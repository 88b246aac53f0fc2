// Laws of the rules, each alone and then in a search.
#include "attend/decoding/logits_rules.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "attend/decoding/beam_search.h"
#include "attend/decoding/sampling.h"
#include "tests/support/toy_scorer.h"

using namespace attend;
using namespace attend::test;

namespace {

constexpr float kGone = -std::numeric_limits<float>::infinity();

std::vector<float> after(const LogitsRule& rule, std::vector<float> log_probs, const Ids& tokens) {
  rule.apply({log_probs, tokens, 0});
  return log_probs;
}

}  // namespace

TEST_CASE("logits rules: a minimal length forbids the end, and nothing else, until it is reached") {
  const auto rule = min_length(2, kEos);
  const std::vector<float> even(6, -1.5f);
  CHECK(after(*rule, even, {}) == std::vector<float>{-1.5f, -1.5f, -1.5f, kGone, -1.5f, -1.5f});
  CHECK(after(*rule, even, {4})[kEos] == kGone);
  CHECK(after(*rule, even, {4, 4}) == even);
}

TEST_CASE("logits rules: a repetition penalty multiplies the log-probability of each used token once") {
  const auto rule = repetition_penalty(2.0);
  CHECK(after(*rule, {-1, -2, -3, -4, kGone}, {1, 3, 1, 4}) == std::vector<float>{-1, -4, -3, -8, kGone});
  CHECK(after(*rule, {-1, -2}, {}) == std::vector<float>{-1, -2});
}

TEST_CASE("logits rules: presence is taken once and frequency each time from what was chosen, given tokens aside") {
  const auto rule = presence_penalty(0.5, 0.25);
  std::vector<float> log_probs{-1, -2, -3, -4, kGone};
  const Ids tokens{0, 2, 1, 3, 1, 4};
  rule->apply({log_probs, tokens, 2});
  CHECK(log_probs == std::vector<float>{-1, -3, -3, -4.75f, kGone});
}

TEST_CASE("logits rules: penalties over the last tokens, a minimal length behind what was given, a number added") {
  CHECK(after(*repetition_penalty(2.0, 2), {-1, -2, -3, -4, kGone}, {1, 3, 0, 3}) ==
        std::vector<float>{-2, -2, -3, -8, kGone});
  std::vector<float> log_probs{-1, -2, -3, -4, -5};
  const Ids tokens{0, 1, 2, 2, 3};
  presence_penalty(0.5, 0.25, 2)->apply({log_probs, tokens, 1});
  CHECK(log_probs == std::vector<float>{-1, -2, -3.75f, -4.75f, -5});
  presence_penalty(1, 0, 9)->apply({log_probs, tokens, 4});  // more than were chosen
  CHECK(log_probs[3] == -5.75f);
  min_length(2, kEos, true)->apply({log_probs, tokens, 4});
  CHECK(log_probs[kEos] == kGone);
  CHECK(after(*bias_tokens({{0, 2.5f}, {2, -1}}), {-1, -2, kGone}, {}) == std::vector<float>{1.5f, -2, kGone});
}

TEST_CASE(
    "logits rules: what a vocabulary has none of is left alone, and a start symbol that is the end symbol may follow") {
  SearchOptions options;
  options.special = {-1, -1, 5, 5};
  CHECK(LogitsRules(options).never().empty());
  options.banned = {5};  // unless somebody says so
  CHECK(LogitsRules(options).never().size() == 1);
  options.special = {-1, -1, -1, -1};
  options.banned = {0};
  options.decoding.no_repeat_ngram = 1;
  const at::Tensor logits = at::tensor({0.5f, 1.0f, -1.0f}).view({1, 3});
  const auto step = LogitsRules(options).apply(logits, {SoFar{{1, 2}}});  // nothing is left, and nothing can end
  CHECK(step.ruled[0][0].item<float>() == kGone);
  CHECK(at::equal(step.ruled[0].narrow(0, 1, 2), step.log_probs[0].narrow(0, 1, 2)));
}

TEST_CASE("logits rules: a banned end symbol never follows, not even where the rules leave nothing else") {
  SearchOptions options;
  options.special = {0, 1, 2, kEos};
  options.banned = {kEos};
  options.decoding.no_repeat_ngram = 1;
  const at::Tensor logits = at::tensor({0.5f, 1.0f, -1.0f, 2.0f, 0.25f}).view({1, 5});
  const auto step = LogitsRules(options).apply(logits, {SoFar{{1, 4}}});
  CHECK(step.ruled[0][kEos].item<float>() == kGone);
  CHECK(step.ruled[0][4].item<float>() == step.log_probs[0][4].item<float>());
  CHECK_FALSE(LogitsRules(options).may_end());

  for (const bool sampled : {false, true}) {
    SearchOptions limited = options_of(2, 12, 2);  // longer than the vocabulary
    limited.banned = {kEos};
    limited.decoding.no_repeat_ngram = 1;
    if (sampled) limited.sampling = SamplingOptions{};
    ToyScorer scorer(Toy{7, 2.0, 2.0});
    const auto found = sampled ? sample(scorer, batch_of({5}, {4}), limited)
                               : beam_search(scorer, batch_of({5}, {4}), limited);
    for (const auto& hypothesis : found.front()) {
      CHECK(hypothesis.tokens() == 12);
      CHECK(std::find(hypothesis.token_ids.begin(), hypothesis.token_ids.end(), kEos) == hypothesis.token_ids.end());
    }
  }
}

TEST_CASE("bad input: where every token is banned, a search says that there is none to choose") {
  for (const bool sampled : {false, true}) {
    SearchOptions options = options_of(2, 5);
    options.banned = {0, 1, 2, kEos, 4, 5, 6};
    if (sampled) options.sampling = SamplingOptions{};
    ToyScorer scorer(Toy{});
    const auto search = [&] {
      return sampled ? sample(scorer, batch_of({5}, {4}), options) : beam_search(scorer, batch_of({5}, {4}), options);
    };
    CHECK_THROWS_WITH(search(), Catch::Contains("tokens to choose"));
  }
}

TEST_CASE("logits rules: no n-gram may be completed twice") {
  const std::vector<float> even(9, -1.0f);
  const auto gone = [&](std::int64_t n, const Ids& tokens) {
    Ids ids;
    const auto left = after(*no_repeat_ngram(n), even, tokens);
    for (std::size_t v = 0; v < left.size(); ++v)
      if (left[v] == kGone) ids.push_back(static_cast<std::int32_t>(v));
    return ids;
  };
  CHECK(gone(1, {7, 5, 7}) == Ids{5, 7});
  CHECK(gone(2, {4, 5, 4, 6, 4}) == Ids{5, 6});
  CHECK(gone(3, {4, 5, 6, 8, 4, 5}) == Ids{6});
  CHECK(gone(3, {4, 5}).empty());
  CHECK(gone(2, {}).empty());
}

TEST_CASE(
    "logits rules: they are applied to log-probabilities, whatever constant the logits carry; the end stays where "
    "nothing else does") {
  SearchOptions options;
  options.decoding.repetition_penalty = 1.7;
  options.decoding.no_repeat_ngram = 1;
  options.decoding.min_length = 9;
  options.banned = {1};
  const LogitsRules rules(options);
  const at::Tensor logits = at::tensor({0.5f, 1.0f, -1.0f, 0.25f, 2.0f, 0.0f}).view({1, 6});
  const std::vector<SoFar> some{{{4}}}, all{{{4, 5}}};
  const auto once = rules.apply(logits, some), shifted = rules.apply(logits + 100, some);
  CHECK(at::allclose(once.log_probs, logits.log_softmax(-1)));
  CHECK(at::allclose(once.ruled, shifted.ruled, 1e-4, 1e-5));
  CHECK(once.ruled[0].isinf().sum().item<int>() == 5);  // all but token 5
  const auto last = rules.apply(logits, all);
  CHECK(last.ruled[0].isinf().sum().item<int>() == 5);
  CHECK(last.ruled[0][kEos].item<float>() == last.log_probs[0][kEos].item<float>());
}

TEST_CASE("logits rules: what a search returns obeys them, and its log-probabilities stay the model's own") {
  const Toy toy{14, 2.0, 2.0};
  for (const bool sampled : {false, true}) {
    SearchOptions options = options_of(4, 12, 4);
    options.decoding.min_length = 5;
    options.decoding.no_repeat_ngram = 2;
    options.decoding.repetition_penalty = 1.3;
    options.banned = {6, 7};
    if (sampled) options.sampling = SamplingOptions{};
    ToyScorer scorer(toy);
    const auto found = sampled ? sample(scorer, batch_of({5, 6, 7}, {4, 4, 4}), options)
                               : beam_search(scorer, batch_of({5, 6, 7}, {4, 4, 4}), options);
    for (std::size_t s = 0; s < found.size(); ++s)
      for (const auto& hypothesis : found[s]) {
        REQUIRE(hypothesis.tokens() > 5);
        Ids prefix{kBos};
        double log_prob = 0;
        std::set<std::pair<std::int32_t, std::int32_t>> bigrams;
        for (const std::int32_t token : hypothesis.token_ids) {
          REQUIRE((token != 6 && token != 7));
          REQUIRE((prefix.size() < 2 || bigrams.insert({prefix.back(), token}).second));
          log_prob += toy.log_probs(static_cast<std::int64_t>(s) + 5, prefix)[token];
          prefix.push_back(token);
        }
        REQUIRE(hypothesis.log_prob == Approx(log_prob).epsilon(1e-5));
      }
  }
}
