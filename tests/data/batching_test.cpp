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

TEST_CASE("batching: every line comes once an epoch, and no batch is too large") {
  const auto unit = GENERATE(from_range(values_of<BatchUnit>()));
  const std::int64_t size = GENERATE(7, 64, 900), round_to = GENERATE(1, 8);
  const auto lengths = random_lengths(3000);
  const auto config = batches_of(size, unit, round_to);
  for (const auto& batches : {epoch_batches(lengths, config, 1, 0), sorted_batches(lengths, config)}) {
    require_every_line_once(batches, lengths.size());
    for (const auto& rows : batches) {
      const auto count = static_cast<std::int64_t>(rows.size());
      REQUIRE(count >= 1);
      REQUIRE((count == 1 || cost(unit, count, measure(lengths, rows)) <= size));
    }
  }
}

TEST_CASE("batching: a short remainder before a long line does not overflow the next batch") {
  std::vector<PairLength> lengths(9, {1, 1});
  lengths.push_back({10, 10});
  const auto config = batches_of(10, BatchUnit::target_tokens, 8);
  for (const auto& rows : sorted_batches(lengths, config))
    REQUIRE((rows.size() == 1 || cost(config.unit, static_cast<std::int64_t>(rows.size()), measure(lengths, rows)) <= 10));
}

TEST_CASE("batching: an order is a pure function of seed and epoch") {
  const auto lengths = random_lengths(1000);
  const auto config = batches_of(300, BatchUnit::target_tokens, 8);
  const auto first = epoch_batches(lengths, config, 1, 0);
  REQUIRE(epoch_batches(lengths, config, 1, 0) == first);
  REQUIRE(epoch_batches(lengths, config, 1, 1) != first);
  REQUIRE(epoch_batches(lengths, config, 2, 0) != first);
  REQUIRE(epoch_batches({}, config, 1, 0).empty());
}

TEST_CASE("batching: rows are a multiple of round_to but where a pool ends") {
  const auto lengths = random_lengths(20000);
  const auto config = batches_of(4096, BatchUnit::target_tokens, 8);
  const auto batches = epoch_batches(lengths, config, 1, 0);
  const auto odd = std::count_if(batches.begin(), batches.end(), [](const auto& rows) { return rows.size() > 8 && rows.size() % 8 != 0; });
  REQUIRE(odd <= 2);
}

TEST_CASE("batching: sorted pools waste little on padding") {
  const auto lengths = random_lengths(20000);
  auto config = batches_of(4096, BatchUnit::target_tokens, 8);
  const auto padding = [&] {
    std::int64_t real = 0, all = 0;
    for (const auto& rows : epoch_batches(lengths, config, 1, 0)) {
      const auto m = measure(lengths, rows);
      real += m.tokens;
      all += static_cast<std::int64_t>(rows.size()) * (m.source + m.target);
    }
    return 1.0 - static_cast<double>(real) / static_cast<double>(all);
  };
  // Targets decide the order, so what is left is mostly the scatter of the sources beside them.
  const double sorted = padding();
  config.pool = 1;
  REQUIRE(sorted < 0.16);
  REQUIRE(sorted < 0.4 * padding());
}
