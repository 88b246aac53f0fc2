#include "attend/data/batching.h"

#include <algorithm>
#include <numeric>
#include <span>
#include <utility>

#include "attend/data/order.h"

namespace attend {
namespace {

constexpr double kMaxPoolPairs = 1 << 24;  // they are in memory

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

// By target, then source; sources go up under even targets and down under odd ones, so that a batch which spans two
// target lengths still holds sources of one kind.
bool before(const PairLength& a, const PairLength& b) {
  if (a.target != b.target) return a.target < b.target;
  return a.target % 2 == 0 ? a.source < b.source : a.source > b.source;
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
      const auto extra = rows.size() > static_cast<std::size_t>(config.round_to)
                             ? rows.size() % static_cast<std::size_t>(config.round_to)
                             : 0;
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

}  // namespace

std::int64_t pool_pairs(const BatchConfig& config, double mean_source, double mean_target) {
  double mean = 1.0;
  switch (config.unit) {
    case BatchUnit::sequences: break;
    case BatchUnit::source_tokens: mean = mean_source; break;
    case BatchUnit::target_tokens: mean = mean_target; break;
    case BatchUnit::padded_tokens: mean = std::max(mean_source, mean_target); break;
  }
  const double pairs =
      static_cast<double>(config.pool) * static_cast<double>(config.size.value()) / std::max(mean, 1.0);
  return static_cast<std::int64_t>(std::clamp(pairs, 1.0, kMaxPoolPairs));
}

std::vector<BatchRows> pool_batches(const std::vector<PairLength>& lengths, const BatchConfig& config,
                                    std::uint64_t key) {
  std::vector<std::int64_t> lines(lengths.size());
  std::iota(lines.begin(), lines.end(), 0);
  // Stable, so that pairs of equal length keep their order.
  std::stable_sort(lines.begin(), lines.end(), [&](std::int64_t a, std::int64_t b) {
    return before(lengths[static_cast<std::size_t>(a)], lengths[static_cast<std::size_t>(b)]);
  });
  std::vector<BatchRows> sorted, shuffled;
  cut(lengths, config, lines, sorted);
  const Permutation order(sorted.size(), key);
  for (std::uint64_t i = 0; i < sorted.size(); ++i) shuffled.push_back(std::move(sorted[order(i)]));
  return shuffled;
}

}  // namespace attend
