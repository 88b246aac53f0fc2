// Laws of sampling on toy scorers.
#include "attend/decoding/sampling.h"

#include <ATen/ATen.h>

#include <cmath>
#include <map>
#include <numeric>

#include "attend/decoding/beam_search.h"
#include "tests/support/toy_scorer.h"

using namespace attend;
using namespace attend::test;

namespace {

SearchOptions sampled(const SamplingOptions& sampling, std::int64_t samples, std::int64_t limit = 10) {
  SearchOptions options = options_of(1, limit, samples);
  options.sampling = sampling;
  return options;
}

// How often each token comes first in many samples, and how often it should: chi-square over degrees of freedom.
void check_frequencies(const SamplingOptions& sampling,
                       const std::function<void(std::map<double, std::int32_t>&)>& cut) {
  const Toy toy{12, 3.0, 0.0};
  std::map<double, std::int32_t> expected;  // by probability
  const auto log_probs = toy.log_probs(1, {kBos});
  for (std::int32_t v = 0; v < toy.vocabulary; ++v)
    if (v != 0 && v != kBos) expected[std::exp(log_probs[v] / sampling.temperature)] = v;
  cut(expected);
  const double total =
      std::accumulate(expected.begin(), expected.end(), 0.0, [](double sum, const auto& e) { return sum + e.first; });

  std::map<std::int32_t, double> counts;
  constexpr int kLines = 400, kSamples = 25;
  for (int line = 1; line <= kLines; ++line) {
    ToyScorer scorer(toy);
    SourceBatch batch = batch_of({1}, {3});
    batch.lines = {line};
    const auto found = sample(scorer, batch, sampled(sampling, kSamples, 1));
    for (const auto& hypothesis : found.front()) ++counts[hypothesis.token_ids.front()];
  }
  double chi_square = 0, seen = 0;
  for (const auto& [weight, token] : expected) {
    const double wanted = weight / total * kLines * kSamples;
    chi_square += std::pow(counts[token] - wanted, 2) / wanted;
    seen += counts[token];
  }
  CHECK(seen == kLines * kSamples);  // nothing outside the cut
  const double freedom = static_cast<double>(expected.size()) - 1;
  // beyond four standard deviations, and fixed by the seed
  CHECK(chi_square < freedom + 4 * std::sqrt(2 * freedom) + 4);
}

}  // namespace

TEST_CASE("sampling: min-p keeps what is likely enough beside the likeliest, typical what is nearest to the entropy") {
  check_frequencies({.seed = 8, .min_p = 0.3}, [](auto& tokens) {
    const double least = 0.3 * tokens.rbegin()->first;
    while (tokens.begin()->first < least) tokens.erase(tokens.begin());
  });
  check_frequencies({.temperature = 0.7, .seed = 9, .typical = 0.5}, [](auto& tokens) {
    double total = 0, entropy = 0, held = 0;
    for (const auto& [weight, token] : tokens) total += weight;
    for (const auto& [weight, token] : tokens) entropy -= weight / total * std::log(weight / total);
    std::map<double, std::pair<double, std::int32_t>> by_distance;
    for (const auto& [weight, token] : tokens)
      by_distance[std::abs(-std::log(weight / total) - entropy)] = {weight, token};
    tokens.clear();
    for (auto at = by_distance.begin(); held < 0.5 * total; ++at) {
      tokens.insert(at->second);
      held += at->second.first;
    }
  });
  check_frequencies({.top_k = 8, .top_p = 0.9, .seed = 10, .min_p = 0.2}, [](auto& tokens) {  // one after the other
    while (tokens.size() > 8) tokens.erase(tokens.begin());
    double total = 0, held = 0;
    for (const auto& [weight, token] : tokens) total += weight;
    auto at = tokens.end();
    while (held < 0.9 * total) held += (--at)->first;
    tokens.erase(tokens.begin(), at);
    const double least = 0.2 * tokens.rbegin()->first;
    while (tokens.begin()->first < least) tokens.erase(tokens.begin());
  });
}

TEST_CASE("sampling: frequencies are those of the distribution, its temperature, top-k and top-p") {
  const auto keep_all = [](auto&) {};
  check_frequencies({1.0, 0, 1.0, 3}, keep_all);
  check_frequencies({0.5, 0, 1.0, 4}, keep_all);
  check_frequencies({2.0, 0, 1.0, 5}, keep_all);
  const auto keep_three = [](auto& tokens) {
    while (tokens.size() > 3) tokens.erase(tokens.begin());
  };
  check_frequencies({1.0, 3, 1.0, 6}, keep_three);
  const auto keep_mass = [](auto& tokens) {
    double total = 0, held = 0;
    for (const auto& [weight, token] : tokens) total += weight;
    auto at = tokens.end();
    while (held < 0.6 * total) held += (--at)->first;
    tokens.erase(tokens.begin(), at);
  };
  check_frequencies({1.0, 0, 0.6, 7}, keep_mass);
}

TEST_CASE("sampling: a line's samples depend on seed and line, not on its batch") {
  const Toy toy{40, 3.0, 1.5};
  std::vector<std::int64_t> names, lengths;
  for (std::int64_t i = 0; i < 9; ++i) names.push_back(i * 7 + 1), lengths.push_back(1 + (i * 5) % 8);
  const SamplingOptions sampling{1.0, 20, 0.95, 11};
  ToyScorer together(toy);
  const auto batched = sample(together, batch_of(names, lengths), sampled(sampling, 3));
  for (std::size_t s = 0; s < names.size(); ++s) {
    ToyScorer alone(toy);
    const auto single = sample(alone, batch_of({names[s]}, {lengths[s]}), sampled(sampling, 3)).front();
    REQUIRE(single.size() == batched[s].size());
    for (std::size_t i = 0; i < single.size(); ++i) REQUIRE(single[i].token_ids == batched[s][i].token_ids);
  }
  SamplingOptions other = sampling;
  other.seed = 12;
  ToyScorer again(toy);
  const auto reseeded = sample(again, batch_of(names, lengths), sampled(other, 3));
  std::size_t equal = 0;
  for (std::size_t s = 0; s < names.size(); ++s) equal += reseeded[s].front().token_ids == batched[s].front().token_ids;
  CHECK(equal < names.size());
}

TEST_CASE(
    "sampling: the first sample of many is the only one of one; samples differ; log-probabilities are the model's") {
  const Toy toy{40, 2.0, 1.0};
  ToyScorer one(toy), many(toy);
  SamplingOptions sampling{0.8, 0, 0.9, 5};
  const auto single = sample(one, batch_of({3}, {5}), sampled(sampling, 1)).front().front();
  const auto all = sample(many, batch_of({3}, {5}), sampled(sampling, 8)).front();
  REQUIRE(all.size() == 8);
  bool found = false;
  for (std::size_t i = 0; i < all.size(); ++i) {
    found = found || all[i].token_ids == single.token_ids;
    REQUIRE((i == 0 || all[i - 1].score >= all[i].score));
    Ids prefix{kBos};
    double log_prob = 0;
    for (const auto token : all[i].token_ids) {
      log_prob += toy.log_probs(3, prefix)[token];
      prefix.push_back(token);
    }
    REQUIRE(all[i].log_prob == Approx(log_prob).epsilon(1e-5));
  }
  CHECK(found);
  CHECK(all.front().token_ids != all.back().token_ids);
}

TEST_CASE("sampling: only the likeliest token, or a temperature near 0 or 0, is greedy search") {
  const Toy toy{30, 400.0, 100.0};  // no near ties
  for (const SamplingOptions& sampling :
       {SamplingOptions{1.0, 1, 1.0, 1}, SamplingOptions{0.01, 0, 1.0, 2}, SamplingOptions{1.0, 0, 0.0, 3},
        SamplingOptions{.temperature = 0}, SamplingOptions{.min_p = 1}})
    for (std::int64_t name = 0; name < 10; ++name) {
      ToyScorer first(toy), second(toy);
      const auto drawn = sample(first, batch_of({name}, {8}), sampled(sampling, 1)).front().front();
      const auto greedy = beam_search(second, batch_of({name}, {8}), options_of(1, 10)).front().front();
      REQUIRE(drawn.token_ids == greedy.token_ids);
    }
}
