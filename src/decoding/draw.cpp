#include "draw.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "attend/core/error.h"

namespace attend {
namespace {

struct Weighted {
  double weight;  // not normalised
  std::int32_t token;
  bool operator<(const Weighted& other) const {  // worse first, as heaps have it
    return weight != other.weight ? weight < other.weight : token > other.token;
  }
};
using Candidates = std::vector<Weighted>;

double total_of(const Candidates& tokens) {
  double total = 0;
  for (const Weighted& entry : tokens) total += entry.weight;
  return total;
}

void keep_top_k(Candidates& tokens, std::int64_t k) {
  const auto most = static_cast<std::size_t>(k);
  if (k == 0 || most >= tokens.size()) return;
  std::nth_element(tokens.begin(), tokens.begin() + k, tokens.end(), [](auto& a, auto& b) { return b < a; });
  tokens.resize(most);
}

// The fewest likeliest that hold the mass; at least one.
void keep_top_p(Candidates& tokens, double mass) {
  if (mass >= 1) return;
  const double wanted = mass * total_of(tokens);
  std::make_heap(tokens.begin(), tokens.end());
  Candidates kept;
  for (double held = 0; !tokens.empty() && (kept.empty() || held < wanted);) {
    std::pop_heap(tokens.begin(), tokens.end());
    kept.push_back(tokens.back());
    tokens.pop_back();
    held += kept.back().weight;
  }
  tokens = std::move(kept);
}

void keep_min_p(Candidates& tokens, double share) {
  if (share <= 0) return;
  const double least = share * std::max_element(tokens.begin(), tokens.end())->weight;
  std::erase_if(tokens, [&](const Weighted& entry) { return entry.weight < least; });
}

// Locally typical sampling (Meister et al. 2023): nearest to the entropy H first, by |ln p + H|.
void keep_typical(Candidates& tokens, double mass) {
  if (mass >= 1) return;
  const double total = total_of(tokens);
  double entropy = 0;
  for (const Weighted& entry : tokens) entropy -= entry.weight / total * std::log(entry.weight / total);
  const auto distance = [&](const Weighted& entry) { return std::abs(std::log(entry.weight / total) + entropy); };
  std::sort(tokens.begin(), tokens.end(), [&](const Weighted& a, const Weighted& b) {
    const double x = distance(a), y = distance(b);
    return x != y ? x < y : b < a;
  });
  std::size_t kept = 0;
  for (double held = 0; kept < tokens.size() && (kept == 0 || held < mass * total); ++kept) held += tokens[kept].weight;
  tokens.resize(kept);
}

std::size_t likeliest(std::span<const float> log_probs) {
  std::size_t best = 0;
  for (std::size_t v = 0; v < log_probs.size(); ++v) {
    if (std::isnan(log_probs[v]))
      throw ModelError(
          "[decoding] expected finite logits, got NaN or infinity; the weights are broken, try another checkpoint");
    if (log_probs[v] > log_probs[best]) best = v;
  }
  return best;
}

}  // namespace

std::int32_t draw(std::span<const float> log_probs, const SamplingOptions& options, double u) {
  const std::size_t best = likeliest(log_probs);
  if (options.temperature == 0) return static_cast<std::int32_t>(best);
  Candidates tokens;
  for (std::size_t v = 0; v < log_probs.size(); ++v) {
    const double weight = std::exp(static_cast<double>(log_probs[v] - log_probs[best]) / options.temperature);
    if (weight > 0) tokens.push_back({weight, static_cast<std::int32_t>(v)});
  }
  keep_top_k(tokens, options.top_k);
  keep_top_p(tokens, options.top_p);
  keep_min_p(tokens, options.min_p);
  keep_typical(tokens, options.typical);
  const double target = u * total_of(tokens);
  double below = 0;
  for (const Weighted& entry : tokens) {
    below += entry.weight;
    if (target < below) return entry.token;
  }
  return tokens.back().token;
}

}  // namespace attend
