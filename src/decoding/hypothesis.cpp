#include "attend/decoding/hypothesis.h"

#include <algorithm>
#include <cmath>

namespace attend {
std::int64_t TokenTree::add(const Node& node) {
  nodes_.push_back(node);
  return static_cast<std::int64_t>(nodes_.size()) - 1;
}

std::vector<TokenTree::Node> TokenTree::path(const Node& last) const {
  std::vector<Node> nodes;
  for (const Node* node = &last;; node = &nodes_[node->parent]) {
    nodes.push_back(*node);
    if (node->parent == kStart) break;
  }
  std::reverse(nodes.begin(), nodes.end());
  return nodes;
}

std::vector<std::int32_t> TokenTree::tokens(std::int64_t last) const {
  std::vector<std::int32_t> tokens;
  for (std::int64_t node = last; node != kStart; node = nodes_[node].parent) tokens.push_back(nodes_[node].token);
  std::reverse(tokens.begin(), tokens.end());
  return tokens;
}

namespace {

double normalised(const AveragePenalty& penalty, double log_prob, double length) {
  return log_prob / std::pow(length, penalty.alpha);
}
double normalised(const GnmtPenalty& penalty, double log_prob, double length) {
  return log_prob / std::pow((5.0 + length) / 6.0, penalty.alpha);
}
double normalised(const NoPenalty&, double log_prob, double) { return log_prob; }

}  // namespace

double length_normalised(const LengthPenaltyConfig& penalty, double log_prob, std::int64_t tokens) {
  const auto length = static_cast<double>(tokens);
  return std::visit([&](const auto& chosen) { return normalised(chosen, log_prob, length); }, penalty.options);
}

double coverage_penalty(double beta, const std::vector<std::vector<float>>& attention) {
  constexpr double kLeast = 1e-9;
  if (attention.empty()) return 0;
  std::vector<double> covered(attention.front().size(), 0.0);
  for (const auto& row : attention)
    for (std::size_t s = 0; s < row.size(); ++s) covered[s] += row[s];
  double sum = 0;
  for (const double x : covered) sum += std::log(std::clamp(x, kLeast, 1.0));
  return beta * sum;
}

std::int64_t longest_output(const DecodingConfig& config) {
  constexpr std::int64_t kNoLimit = 1'000'000'000;
  return config.max_length.value_or(kNoLimit);
}

std::int64_t output_limit(const DecodingConfig& config, std::int64_t source_tokens) {
  const double by_source = std::floor(config.max_length_ratio * static_cast<double>(source_tokens)) +
                           static_cast<double>(config.max_length_offset);
  const double least = static_cast<double>(config.min_length) + 1;  // the end symbol comes on top
  const double longest = static_cast<double>(longest_output(config));
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(std::min(std::max(by_source, least), longest)));
}

}  // namespace attend
