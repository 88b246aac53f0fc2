#include "attend/metrics/bootstrap.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "attend/core/error.h"

namespace attend {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr Wide wide(std::uint64_t high, std::uint64_t low) { return static_cast<Wide>(high) << 64 | low; }
constexpr Wide kMultiplier = wide(0x2360ed051fc65da4, 0x4385df649fccf645);
constexpr Wide kIncrement =
    wide(0xc9c7353e6e2b1f28, 0x7d761f2d4027fae7);  // belongs to the seed, as the state does

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

BootstrapEstimate estimate(std::vector<double> scores) {
  std::ranges::sort(scores);
  const std::size_t cut = scores.size() / 40;  // 2.5 % on either side
  return {mean_of(scores), 0.5 * (scores[scores.size() - 1 - cut] - scores[cut])};
}

// How many of the samples' differences, taken from their mean, exceed the real one.
double p_value_of(const std::vector<double>& differences, double real_difference) {
  if (std::ranges::all_of(differences, [](double d) { return d == 0; })) return 1;
  const double mean = mean_of(differences);
  const auto exceeds = [&](double difference) { return difference - mean > real_difference; };
  return static_cast<double>(std::ranges::count_if(differences, exceeds) + 1) /
         static_cast<double>(differences.size() + 1);
}

}  // namespace

std::uint32_t BootstrapDraws::next_bits() {
  has_kept_ = !has_kept_;
  if (!has_kept_) return kept_;
  const Wide state = wide(state_high_, state_low_) * kMultiplier + kIncrement;
  state_high_ = static_cast<std::uint64_t>(state >> 64);
  state_low_ = static_cast<std::uint64_t>(state);
  const std::uint64_t bits = std::rotr(state_high_ ^ state_low_, static_cast<int>(state_high_ >> 58));
  kept_ = static_cast<std::uint32_t>(bits >> 32);
  return static_cast<std::uint32_t>(bits);
}

std::int64_t BootstrapDraws::next() {
  if (bound_ <= 1) return 0;
  const std::uint32_t rejected =
      -bound_ % bound_;  // 2^32 mod bound: so many products would make some numbers likelier
  std::uint64_t product = 0;
  do product = static_cast<std::uint64_t>(next_bits()) * bound_;
  while (static_cast<std::uint32_t>(product) < rejected);
  return static_cast<std::int64_t>(product >> 32);
}

PairedBootstrap paired_bootstrap(std::int64_t lines, const ScoreOfLines& system,
                                 const ScoreOfLines& baseline) {
  if (lines < 1 || lines > std::numeric_limits<std::uint32_t>::max())
    throw DataError("[bootstrap] expected between 1 and 2^32 - 1 lines, got ", lines);
  std::vector<std::int64_t> drawn(static_cast<std::size_t>(lines));
  std::iota(drawn.begin(), drawn.end(), 0);
  const double real_difference = std::abs(system(drawn) - baseline(drawn));

  BootstrapDraws draws(static_cast<std::uint32_t>(lines));
  std::vector<double> system_scores, baseline_scores, differences;
  for (std::int64_t sample = 0; sample < kBootstrapSamples; ++sample) {
    for (std::int64_t& line : drawn) line = draws.next();
    system_scores.push_back(system(drawn));
    baseline_scores.push_back(baseline(drawn));
    differences.push_back(std::abs(system_scores.back() - baseline_scores.back()));
  }
  return {estimate(system_scores), estimate(baseline_scores), p_value_of(differences, real_difference)};
}

}  // namespace attend
