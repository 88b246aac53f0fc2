// Laws of ensembles.
#include "attend/decoding/ensemble_scorer.h"

#include <ATen/ATen.h>

#include "attend/decoding/beam_search.h"
#include "tests/support/toy_scorer.h"

using namespace attend;
using namespace attend::test;

namespace {

std::unique_ptr<EnsembleScorer> ensemble(const std::vector<Toy>& toys, const std::vector<double>& weights) {
  std::vector<std::unique_ptr<Scorer>> members;
  for (const Toy& toy : toys) members.push_back(std::make_unique<ToyScorer>(toy));
  return std::make_unique<EnsembleScorer>(std::move(members), weights);
}

const Toy kFirstToy{11, 3.0, 0.5, 1}, kSecondToy{11, 3.0, 0.5, 2};

void check_same_search(Scorer& got, Scorer& expected) {
  SearchOptions options = options_of(4, 9, 4);
  options.decoding.coverage_penalty = 0.2;
  const auto a = beam_search(got, batch_of({1, 2, 3}, {4, 2, 6}), options),
             b = beam_search(expected, batch_of({1, 2, 3}, {4, 2, 6}), options);
  for (std::size_t s = 0; s < a.size(); ++s) {
    REQUIRE(a[s].size() == b[s].size());
    for (std::size_t i = 0; i < a[s].size(); ++i) {
      REQUIRE(a[s][i].token_ids == b[s][i].token_ids);
      REQUIRE(a[s][i].log_prob == Approx(b[s][i].log_prob).epsilon(1e-5));
      REQUIRE(a[s][i].score == Approx(b[s][i].score).epsilon(1e-5));
    }
  }
}

}  // namespace

TEST_CASE("ensemble: of a scorer with itself it is that scorer; a weight of 0 takes a member out") {
  ToyScorer alone(kFirstToy), again(kFirstToy);
  check_same_search(*ensemble({kFirstToy, kFirstToy, kFirstToy}, {1, 2, 0.5}), alone);
  check_same_search(*ensemble({kFirstToy, kSecondToy}, {3, 0}), again);
}

TEST_CASE("ensemble: its probabilities are the weighted arithmetic mean, in a step and in a forced pass") {
  const auto both = ensemble({kFirstToy, kSecondToy}, {1, 3});
  both->begin(batch_of({5}, {3}), {1, 9, true});
  const auto first = both->step(at::tensor({kBos}).view({1, 1}));
  const auto a = kFirstToy.log_probs(5, {kBos}), b = kSecondToy.log_probs(5, {kBos});
  for (std::int64_t v = 0; v < 11; ++v)
    REQUIRE(first.logits.log_softmax(-1)[0][0][v].item<double>() ==
            Approx(std::log(0.25 * std::exp(a[v]) + 0.75 * std::exp(b[v]))).epsilon(1e-5));
  CHECK(first.cross_weights.sum().item<double>() == Approx(1.0));

  both->begin(batch_of({5}, {3}), {1, 9, true});
  const auto forced =
      both->force(at::tensor({kBos, std::int64_t{4}}).view({1, 2}), at::tensor({std::int64_t{4}, kEos}).view({1, 2}));
  const auto c = kFirstToy.log_probs(5, {kBos, 4}), d = kSecondToy.log_probs(5, {kBos, 4});
  CHECK(forced.log_probs[0][0].item<double>() ==
        Approx(std::log(0.25 * std::exp(a[4]) + 0.75 * std::exp(b[4]))).epsilon(1e-5));
  CHECK(forced.log_probs[0][1].item<double>() ==
        Approx(std::log(0.25 * std::exp(c[kEos]) + 0.75 * std::exp(d[kEos]))).epsilon(1e-5));
  CHECK(forced.cross_weights.sizes() == at::IntArrayRef({1, 2, 3}));
}
