// What training reads: every pair of its corpora, in pools, as a pure function of seed, epoch and place.
#include "attend/data/pair_mixture.h"

#include <map>

#include "attend/data/pair_writer.h"
#include "tests/support/test.h"

using namespace attend;

namespace {

// Pairs whose one source token says which they are; lengths of targets vary.
PairStore store_of(std::int32_t first, std::int64_t pairs) {
  MemoryPairWriter writer(PairContent::ids16);
  PairSummary summary;
  for (std::int32_t i = 0; i < pairs; ++i) {
    const std::vector<std::int32_t> source{first + i}, target(static_cast<std::size_t>(1 + i * 7 % 20), 1);
    writer.add(source, target);
    summary.source_tokens += 2;
    summary.target_tokens += static_cast<std::int64_t>(target.size()) + 1;
  }
  writer.finish();
  summary.pairs = pairs;
  summary.source_vocabulary = summary.target_vocabulary = 1 << 16;
  return PairStore(summary, writer.arrays(), "test");
}

BatchConfig small_pools() {
  BatchConfig batch;
  batch.size = 100;
  batch.pool = 5;
  return batch;
}

// How often each pair comes in an epoch; its batches must hold a pool's lines once each.
std::map<std::int32_t, int> pairs_of_epoch(const PairMixture& mixture, std::int64_t epoch) {
  std::map<std::int32_t, int> seen;
  for (std::int64_t i = 0; i < mixture.pools(epoch); ++i) {
    const Pool pool = mixture.pool(epoch, i);
    std::int64_t lines = 0;
    for (const auto& rows : pool.batches)
      for (const auto row : rows) {
        ++seen[pool.pairs.source[row][0]];
        ++lines;
      }
    REQUIRE(lines == pool.pairs.size());
  }
  return seen;
}

bool is_equal(const Pool& a, const Pool& b) {
  bool equal = a.batches == b.batches && a.pairs.size() == b.pairs.size();
  for (std::int64_t i = 0; equal && i < a.pairs.size(); ++i) equal = a.pairs.source[i][0] == b.pairs.source[i][0];
  return equal;
}

}  // namespace

TEST_CASE("mixture: one corpus comes once an epoch, whatever the pools") {
  const PairMixture mixture({{store_of(0, 1234), 1.0}}, small_pools(), 1);
  REQUIRE(mixture.pools(0) > 10);
  for (std::int64_t epoch = 0; epoch < 2; ++epoch) {
    const auto seen = pairs_of_epoch(mixture, epoch);
    REQUIRE(seen.size() == 1234);
    for (const auto& [pair, count] : seen) REQUIRE(count == 1);
  }
}

TEST_CASE("mixture: corpora come in their shares") {
  const PairMixture mixture({{store_of(0, 900), 1.0}, {store_of(10000, 100), 3.0}}, small_pools(), 1);
  int small = 0;
  for (const auto& [pair, count] : pairs_of_epoch(mixture, 0)) {
    small += pair >= 10000 ? count : 0;
    if (pair >= 10000) REQUIRE((count == 7 || count == 8));
  }
  CHECK(small == 750);
}

TEST_CASE("mixture: a pool is a pure function of seed, epoch and place") {
  const auto parts = [] {
    return std::vector<PairMixture::Part>{{store_of(0, 1000), 1.0}, {store_of(10000, 500), 1.0}};
  };
  const PairMixture one(parts(), small_pools(), 7), same(parts(), small_pools(), 7), other(parts(), small_pools(), 8);
  REQUIRE(one.pools(3) > 4);
  const Pool pool = one.pool(3, 2);
  CHECK(is_equal(same.pool(3, 2), pool));
  CHECK_FALSE(is_equal(one.pool(3, 1), pool));
  CHECK_FALSE(is_equal(one.pool(2, 2), pool));
  CHECK_FALSE(is_equal(other.pool(3, 2), pool));
}

TEST_CASE("mixture: pools of an epoch are of one size") {
  const PairMixture mixture({{store_of(0, 1001), 1.0}}, small_pools(), 1);
  const auto size = mixture.pool(0, 0).pairs.size();
  for (std::int64_t i = 0; i < mixture.pools(0); ++i) CHECK(std::abs(mixture.pool(0, i).pairs.size() - size) <= 1);
}
