// Holds what a search returns, how it keeps hypotheses meanwhile, and the formulas of their score and limit.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attend/config/config.h"
#include "attend/core/enum_table.h"

namespace attend {

// Says why a hypothesis ended: at the end symbol, at its limit, or by the word of the listener (a stop string).
enum class Finish { end, length, stop };
inline constexpr EnumEntry<Finish> kFinishes[] = {{Finish::end, "end", "the end symbol"},
                                                  {Finish::length, "length", "the limit"},
                                                  {Finish::stop, "stop", "a stop string"}};
constexpr std::span<const EnumEntry<Finish>> enum_table(Finish) { return kFinishes; }

struct Hypothesis {
  // With the end symbol, unless the hypothesis was cut at its limit; with forced tokens.
  std::vector<std::int32_t> token_ids;
  std::vector<float> token_log_probs;  // the model's own, one for each token
  double log_prob = 0;                 // sum of token_log_probs, a natural logarithm
  double score = 0;                    // the value by which hypotheses are ranked
  // Tokens x source tokens, where asked for; rows add up to 1.
  std::vector<std::vector<float>> attention = {};
  std::int64_t sample = 0;  // number of the sample, when sampling
  Finish finish = Finish::end;

  std::int64_t tokens() const { return static_cast<std::int64_t>(token_ids.size()); }
};

// Hypotheses share their beginnings: each is a path of nodes back to the start.
class TokenTree {
 public:
  static constexpr std::int64_t kStart = -1;
  struct Node {
    std::int64_t parent;
    std::int32_t token;
    std::int32_t row;  // row in the batch from which the token was chosen
    float log_prob;
  };

  // Returns the number of the new node.
  std::int64_t add(const Node& node);
  const Node& operator[](std::int64_t node) const { return nodes_[node]; }
  // Returns the nodes from the start to `last`, which need not be in the tree.
  std::vector<Node> path(const Node& last) const;
  std::vector<std::int32_t> tokens(std::int64_t last) const;

 private:
  std::vector<Node> nodes_;
};

// Returns log_prob / tokens^alpha (average), log_prob / ((5 + tokens) / 6)^alpha (gnmt: Wu et al. 2016, eq. 14) or
// log_prob (none).
double length_normalised(const LengthPenaltyConfig& penalty, double log_prob, std::int64_t tokens);

// Returns beta sum_s ln min(sum_t attention[t][s], 1): the cost of source tokens that were hardly looked at (Wu et al.
// 2016, eq. 14). Sums below 1e-9 count as 1e-9.
double coverage_penalty(double beta, const std::vector<std::vector<float>>& attention);

// Returns max_length. A config that was not resolved has no limit.
std::int64_t longest_output(const DecodingConfig& config);

// Returns min(max(ratio x source tokens + offset, min_length + 1), max_length), at least 1, so that there is room for
// an end that must not come earlier. `source_tokens` are the sentence's own with the end symbol, never the width of its
// batch: what a sentence becomes must not depend on its neighbours.
std::int64_t output_limit(const DecodingConfig& config, std::int64_t source_tokens);

}  // namespace attend
