// Laws of batching on a corpus of random lengths.
#include "attend/data/batching.h"

#include <algorithm>
#include <numeric>
#include <random>

#include "tests/support/test.h"

using namespace attend;

namespace {

// Lengths as in real text: log-normal, the two sides close to each other.
std::vector<PairLength> random_lengths(std::size_t count) {
  std::mt19937 generator(3);
  std::lognormal_distribution<double> source(2.5, 0.5);
  std::normal_distribution<double> ratio(1.05, 0.15);
  std::vector<PairLength> lengths;
  for (std::size_t i = 0; i < count; ++i) {
    const double s = std::clamp(source(generator), 2.0, 100.0), t = std::clamp(s * ratio(generator), 2.0, 120.0);
    lengths.push_back({static_cast<std::int32_t>(s), static_cast<std::int32_t>(t)});
  }
  return lengths;
}

BatchConfig batches_of(std::int64_t size, BatchUnit unit, std::int64_t round_to) {
  BatchConfig config;
  config.size = size;
  config.unit = unit;
  config.round_to = round_to;
  return config;
}

struct Measured {
  std::int64_t source = 0, target = 0;  // longest
  std::int64_t tokens = 0;              // real ones, both sides
};

Measured measure(const std::vector<PairLength>& lengths, const BatchRows& rows) {
  Measured m;
  for (const auto row : rows) {
    const auto& pair = lengths[static_cast<std::size_t>(row)];
    m.source = std::max<std::int64_t>(m.source, pair.source);
    m.target = std::max<std::int64_t>(m.target, pair.target);
    m.tokens += pair.source + pair.target;
  }
  return m;
}

std::int64_t cost(BatchUnit unit, std::int64_t rows, const Measured& m) {
  switch (unit) {
    case BatchUnit::sequences: return rows;
    case BatchUnit::source_tokens: return rows * m.source;
    case BatchUnit::target_tokens: return rows * m.target;
    case BatchUnit::padded_tokens: return rows * std::max(m.source, m.target);
  }
  return 0;
}

void require_every_line_once(const std::vector<BatchRows>& batches, std::size_t lines) {
  std::vector<int> seen(lines);
  for (const auto& rows : batches)
    for (const auto row : rows) ++seen.at(static_cast<std::size_t>(row));
  REQUIRE(std::all_of(seen.begin(), seen.end(), [](int count) { return count == 1; }));
}

}  // namespace

TEST_CASE("batching: every pair of a pool comes once, and no batch is too large") {
  const auto unit = GENERATE(from_range(values_of<BatchUnit>()));
  const std::int64_t size = GENERATE(7, 64, 900), round_to = GENERATE(1, 8);
  const auto lengths = random_lengths(3000);
  const auto batches = pool_batches(lengths, batches_of(size, unit, round_to), 1);
  require_every_line_once(batches, lengths.size());
  for (const auto& rows : batches) {
    const auto count = static_cast<std::int64_t>(rows.size());
    REQUIRE(count >= 1);
    REQUIRE((count == 1 || cost(unit, count, measure(lengths, rows)) <= size));
  }
}

TEST_CASE("batching: a short remainder before a long line does not overflow the next batch") {
  std::vector<PairLength> lengths(9, {1, 1});
  lengths.push_back({10, 10});
  const auto config = batches_of(10, BatchUnit::target_tokens, 8);
  for (const auto& rows : pool_batches(lengths, config, 1))
    REQUIRE(
        (rows.size() == 1 || cost(config.unit, static_cast<std::int64_t>(rows.size()), measure(lengths, rows)) <= 10));
}

TEST_CASE("batching: the key decides the order of the batches and nothing else") {
  const auto lengths = random_lengths(1000);
  const auto config = batches_of(300, BatchUnit::target_tokens, 8);
  auto first = pool_batches(lengths, config, 1), other = pool_batches(lengths, config, 2);
  REQUIRE(pool_batches(lengths, config, 1) == first);
  REQUIRE(other != first);
  std::sort(first.begin(), first.end());
  std::sort(other.begin(), other.end());
  REQUIRE(other == first);
  REQUIRE(pool_batches({}, config, 1).empty());
}

TEST_CASE("batching: a pool holds as many pairs as its batches take on average") {
  auto config = batches_of(400, BatchUnit::target_tokens, 8);
  config.pool = 50;
  CHECK(pool_pairs(config, 10, 20) == 1000);
  config.unit = BatchUnit::source_tokens;
  CHECK(pool_pairs(config, 10, 20) == 2000);
  config.unit = BatchUnit::padded_tokens;
  CHECK(pool_pairs(config, 10, 20) == 1000);
  config.unit = BatchUnit::sequences;
  CHECK(pool_pairs(config, 10, 20) == 20000);
}

TEST_CASE("batching: rows are a multiple of round_to but where the pool ends") {
  const auto lengths = random_lengths(20000);
  const auto config = batches_of(4096, BatchUnit::target_tokens, 8);
  const auto batches = pool_batches(lengths, config, 1);
  const auto odd = std::count_if(batches.begin(), batches.end(),
                                 [](const auto& rows) { return rows.size() > 8 && rows.size() % 8 != 0; });
  REQUIRE(odd <= 2);
}

TEST_CASE("batching: sorted pools waste little on padding") {
  const auto lengths = random_lengths(20000);
  const auto config = batches_of(4096, BatchUnit::target_tokens, 8);
  const auto padding = [&](std::size_t pool) {
    std::int64_t real = 0, all = 0;
    for (std::size_t begin = 0; begin < lengths.size(); begin += pool) {
      const std::vector<PairLength> part(
          lengths.begin() + static_cast<std::ptrdiff_t>(begin),
          lengths.begin() + static_cast<std::ptrdiff_t>(std::min(begin + pool, lengths.size())));
      for (const auto& rows : pool_batches(part, config, 1)) {
        const auto m = measure(part, rows);
        real += m.tokens;
        all += static_cast<std::int64_t>(rows.size()) * (m.source + m.target);
      }
    }
    return 1.0 - static_cast<double>(real) / static_cast<double>(all);
  };
  CHECK(padding(20000) < 0.12);
  CHECK(padding(20000) < 0.3 * padding(300));
}
