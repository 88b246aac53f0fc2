// Laws of the order of training: who comes, how often, and that nothing else decides it.
#include "attend/data/order.h"

#include <algorithm>
#include <map>
#include <set>

#include "tests/support/test.h"

using namespace attend;

namespace {

std::vector<Draw> epoch_of(const std::vector<CorpusShare>& corpora, std::uint64_t seed, std::int64_t epoch) {
  const EpochOrder order(corpora, seed, epoch);
  std::vector<Draw> draws;
  for (std::int64_t i = 0; i < order.size(); ++i) draws.push_back(order[i]);
  return draws;
}

}  // namespace

TEST_CASE("permutation: every number comes once, for any size") {
  for (const std::uint64_t n : {1, 2, 3, 4, 5, 7, 16, 17, 63, 64, 65, 1000, 4096, 5000}) {
    const Permutation permutation(n, n * 31);
    std::vector<int> seen(n);
    for (std::uint64_t i = 0; i < n; ++i) ++seen.at(permutation(i));
    REQUIRE(std::all_of(seen.begin(), seen.end(), [](int count) { return count == 1; }));
  }
}

TEST_CASE("permutation: over many keys each number comes to each place equally often, and so does each pair") {
  // Chi-square of 8 x 8 places, 49 degrees of freedom, and of 56 ordered pairs, 55: the 0.9999 quantiles are 96.2, 104.
  constexpr std::uint64_t kSize = 8, kKeys = 40000;
  std::map<std::pair<std::uint64_t, std::uint64_t>, double> places, pairs;
  for (std::uint64_t key = 0; key < kKeys; ++key) {
    const Permutation permutation(kSize, key);
    for (std::uint64_t i = 0; i < kSize; ++i) ++places[{i, permutation(i)}];
    ++pairs[{permutation(0), permutation(1)}];
  }
  const auto chi_square = [](const auto& counts, double expected) {
    double sum = 0;
    for (const auto& [place, count] : counts) sum += (count - expected) * (count - expected) / expected;
    return sum;
  };
  CHECK(places.size() == 64);
  CHECK(pairs.size() == 56);
  CHECK(chi_square(places, kKeys / 8.0) < 96.2);
  CHECK(chi_square(pairs, kKeys / 56.0) < 104);
}

TEST_CASE("order: one corpus is read once an epoch, in another order each time") {
  const std::vector<CorpusShare> one{{500, 3.0}};
  for (std::int64_t epoch = 0; epoch < 3; ++epoch) {
    std::set<std::int64_t> lines;
    for (const auto& draw : epoch_of(one, 1, epoch)) {
      REQUIRE((draw.corpus == 0 && draw.pass == epoch));
      lines.insert(draw.line);
    }
    REQUIRE((lines.size() == 500 && *lines.begin() == 0 && *lines.rbegin() == 499));
  }
  CHECK((epoch_of(one, 1, 0) != epoch_of(one, 1, 1)));
  CHECK((epoch_of(one, 1, 0) != epoch_of(one, 2, 0)));
  CHECK((epoch_of(one, 1, 7) == epoch_of(one, 1, 7)));
}

TEST_CASE("order: corpora of unequal size come in their shares, in every epoch and every part of it") {
  const std::vector<CorpusShare> corpora{{1000, 1.0}, {30, 1.0}, {400, 0.5}};
  std::vector<double> count(3);
  const double shares[] = {0.4, 0.4, 0.2};
  double total = 0;
  for (std::int64_t epoch = 0; epoch < 20; ++epoch) {
    const auto draws = epoch_of(corpora, 5, epoch);
    for (const auto& draw : draws) ++count[static_cast<std::size_t>(draw.corpus)];
    total += static_cast<double>(draws.size());
    for (std::size_t c = 0; c < 3; ++c)
      REQUIRE(std::abs(count[c] - shares[c] * 1430.0 * static_cast<double>(epoch + 1)) <= 1);
    // Half an epoch is a sample: within five standard deviations of a hypergeometric count.
    const auto half =
        std::count_if(draws.begin(), draws.begin() + 715, [](const Draw& draw) { return draw.corpus == 1; });
    REQUIRE(std::abs(static_cast<double>(half) - 286) < 5 * std::sqrt(715 * 0.4 * 0.6 * 0.5));
  }
  CHECK(std::abs(total - 20 * 1430) <= 3);
}

TEST_CASE("order: within a corpus no line comes again before all others came as often") {
  const std::vector<CorpusShare> corpora{{1000, 1.0}, {30, 2.0}};
  std::map<std::int64_t, std::set<std::int64_t>> lines_of_pass;
  std::int64_t draws = 0;
  for (std::int64_t epoch = 0; epoch < 4; ++epoch)
    for (const auto& draw : epoch_of(corpora, 9, epoch))
      if (draw.corpus == 1) {
        REQUIRE(lines_of_pass[draw.pass].insert(draw.line).second);
        ++draws;
      }
  const std::int64_t passes = draws / 30;
  for (std::int64_t pass = 0; pass < passes; ++pass) REQUIRE(lines_of_pass[pass].size() == 30);
  CHECK(static_cast<std::int64_t>(lines_of_pass.size()) == passes + (draws % 30 == 0 ? 0 : 1));
}

TEST_CASE("order: a corpus with a tiny weight still has its turn") {
  const std::vector<CorpusShare> corpora{{100, 1.0}, {100, 0.001}};
  std::int64_t seen = 0;
  for (std::int64_t epoch = 0; epoch < 50; ++epoch)
    for (const auto& draw : epoch_of(corpora, 1, epoch)) seen += draw.corpus;
  CHECK((seen == 9 || seen == 10));  // 50 epochs of 200 pairs, a share of 1 / 1001
}
