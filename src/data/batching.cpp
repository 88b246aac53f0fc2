#include "attend/data/batching.h"

#include <algorithm>
#include <numeric>
#include <span>
#include <utility>

namespace attend {
namespace {

// SplitMix64 (Steele et al. 2014): small, fast, and the same on every platform, unlike std::shuffle's distributions.
class Shuffler {
 public:
  Shuffler(std::uint64_t seed, std::int64_t epoch) : state_(seed * 0x9E3779B97F4A7C15ull + static_cast<std::uint64_t>(epoch)) {}

  template <class T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }
  // Unbiased enough for shuffling: the high part of a 128-bit product.
  std::size_t below(std::size_t n) { return static_cast<std::size_t>((static_cast<unsigned __int128>(next()) * n) >> 64); }

  std::uint64_t state_;
};

// What a batch of `rows` rows with these longest sides counts, padding included.
std::int64_t cost(const BatchConfig& config, std::int64_t rows, const PairLength& longest) {
  switch (config.unit) {
    case BatchUnit::sequences: return rows;
    case BatchUnit::source_tokens: return rows * longest.source;
    case BatchUnit::target_tokens: return rows * longest.target;
    case BatchUnit::padded_tokens: return rows * std::max(longest.source, longest.target);
  }
  return rows;
}

bool shorter(const PairLength& a, const PairLength& b) {
  return std::pair(a.target, a.source) < std::pair(b.target, b.source);
}

// Cuts lines, sorted by length, into batches of at most config.size. A batch of more than round_to rows gives its
// remainder of rows to the next one.
void cut(const std::vector<PairLength>& lengths, const BatchConfig& config, std::span<const std::int64_t> lines,
         std::vector<BatchRows>& batches) {
  BatchRows rows;
  PairLength longest;
  for (const auto line : lines) {
    const auto& pair = lengths[static_cast<std::size_t>(line)];
    PairLength grown{std::max(longest.source, pair.source), std::max(longest.target, pair.target)};
    // A second round, where the remainder and this pair do not fit together either.
    while (!rows.empty() && cost(config, static_cast<std::int64_t>(rows.size()) + 1, grown) > config.size.value()) {
      const auto extra = rows.size() > static_cast<std::size_t>(config.round_to) ? rows.size() % static_cast<std::size_t>(config.round_to) : 0;
      BatchRows next(rows.end() - static_cast<std::ptrdiff_t>(extra), rows.end());
      rows.resize(rows.size() - extra);
      batches.push_back(std::move(rows));
      rows = std::move(next);
      grown = pair;
      for (const auto kept : rows) {
        const auto& other = lengths[static_cast<std::size_t>(kept)];
        grown = {std::max(grown.source, other.source), std::max(grown.target, other.target)};
      }
    }
    rows.push_back(line);
    longest = grown;
  }
  if (!rows.empty()) batches.push_back(std::move(rows));
}

std::vector<std::int64_t> all_lines(const std::vector<PairLength>& lengths) {
  std::vector<std::int64_t> lines(lengths.size());
  std::iota(lines.begin(), lines.end(), 0);
  return lines;
}

// Lines in a pool: as many as `pool` batches hold on average.
std::size_t pool_lines(const std::vector<PairLength>& lengths, const BatchConfig& config) {
  std::int64_t total = 0;
  for (const auto& pair : lengths) total += cost(config, 1, pair);
  const double mean = static_cast<double>(total) / static_cast<double>(lengths.size());
  const double lines = static_cast<double>(config.pool) * static_cast<double>(config.size.value()) / std::max(mean, 1.0);
  return static_cast<std::size_t>(std::max(1.0, std::min(lines, static_cast<double>(lengths.size()))));
}

}  // namespace

std::vector<BatchRows> epoch_batches(const std::vector<PairLength>& lengths, const BatchConfig& config, std::uint64_t seed,
                                     std::int64_t epoch) {
  std::vector<BatchRows> batches;
  if (lengths.empty()) return batches;
  Shuffler shuffler(seed, epoch);
  auto lines = all_lines(lengths);
  shuffler.shuffle(lines);
  const auto pool = pool_lines(lengths, config);
  for (std::size_t begin = 0; begin < lines.size(); begin += pool) {
    const auto end = std::min(begin + pool, lines.size());
    const std::span<std::int64_t> part(lines.data() + begin, end - begin);
    // Stable, so that pairs of equal length keep their shuffled order.
    std::stable_sort(part.begin(), part.end(), [&](std::int64_t a, std::int64_t b) {
      return shorter(lengths[static_cast<std::size_t>(a)], lengths[static_cast<std::size_t>(b)]);
    });
    cut(lengths, config, part, batches);
  }
  shuffler.shuffle(batches);
  return batches;
}

std::vector<BatchRows> sorted_batches(const std::vector<PairLength>& lengths, const BatchConfig& config) {
  std::vector<BatchRows> batches;
  auto lines = all_lines(lengths);
  std::stable_sort(lines.begin(), lines.end(), [&](std::int64_t a, std::int64_t b) {
    return shorter(lengths[static_cast<std::size_t>(a)], lengths[static_cast<std::size_t>(b)]);
  });
  cut(lengths, config, lines, batches);
  return batches;
}

}  // namespace attend
