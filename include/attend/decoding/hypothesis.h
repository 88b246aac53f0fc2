// What a search returns, how it is remembered meanwhile, and the two formulas: the score and the limit.
#pragma once

#include <cstdint>
#include <vector>

#include "attend/config/config.h"

namespace attend {

struct Hypothesis {
  std::vector<std::int32_t> token_ids;  // end symbol included, unless it was cut at the limit
  std::vector<float> token_log_probs;   // one a token
  double log_prob = 0;                  // their sum, natural logarithm
  double score = 0;                     // what ranks it

  std::int64_t tokens() const { return static_cast<std::int64_t>(token_ids.size()); }
};

// Hypotheses share their beginnings: each is a path of nodes back to the start.
class TokenTree {
 public:
  static constexpr std::int64_t kStart = -1;
  struct Node {
    std::int64_t parent;
    std::int32_t token;
    float log_prob;
  };

  std::int64_t add(const Node& node);
  const Node& operator[](std::int64_t node) const { return nodes_[node]; }
  // Tokens and their log-probabilities from the start to `last`, which need not be in the tree.
  Hypothesis path(const Node& last) const;

 private:
  std::vector<Node> nodes_;
};

// log_prob / tokens^alpha (average), log_prob / ((5 + tokens) / 6)^alpha (gnmt: Wu et al. 2016, eq. 14), log_prob (none).
double length_normalised(const LengthPenaltyConfig& penalty, double log_prob, std::int64_t tokens);

// min(ratio x source tokens + offset, max_length), at least 1. The sentence's own tokens with its end symbol, never its
// batch's width: what a sentence becomes must not depend on its neighbours.
std::int64_t output_limit(const DecodingConfig& config, std::int64_t source_tokens);

}  // namespace attend
