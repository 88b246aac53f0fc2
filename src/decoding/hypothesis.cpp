#include "attend/decoding/hypothesis.h"

#include <algorithm>
#include <cmath>

namespace attend {

std::int64_t TokenTree::add(const Node& node) {
  nodes_.push_back(node);
  return static_cast<std::int64_t>(nodes_.size()) - 1;
}

Hypothesis TokenTree::path(const Node& last) const {
  Hypothesis hypothesis;
  for (const Node* node = &last;; node = &nodes_[node->parent]) {
    hypothesis.token_ids.push_back(node->token);
    hypothesis.token_log_probs.push_back(node->log_prob);
    if (node->parent == kStart) break;
  }
  std::reverse(hypothesis.token_ids.begin(), hypothesis.token_ids.end());
  std::reverse(hypothesis.token_log_probs.begin(), hypothesis.token_log_probs.end());
  for (const float step : hypothesis.token_log_probs) hypothesis.log_prob += step;
  return hypothesis;
}

double length_normalised(const LengthPenaltyConfig& penalty, double log_prob, std::int64_t tokens) {
  const auto length = static_cast<double>(tokens);
  switch (penalty.type) {
    case LengthPenaltyType::average: return log_prob / std::pow(length, penalty.alpha);
    case LengthPenaltyType::gnmt: return log_prob / std::pow((5.0 + length) / 6.0, penalty.alpha);
    case LengthPenaltyType::none: return log_prob;
  }
  return log_prob;
}

std::int64_t output_limit(const DecodingConfig& config, std::int64_t source_tokens) {
  const double limit = std::floor(config.max_length_ratio * static_cast<double>(source_tokens));
  const double longest = std::min(limit + static_cast<double>(config.max_length_offset), static_cast<double>(config.max_length));
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(longest));
}

}  // namespace attend
