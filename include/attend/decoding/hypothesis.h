// What a search returns, how it is remembered meanwhile, and its formulas: the score and the limit.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attend/config/config.h"
#include "attend/core/enum_table.h"

namespace attend {

// Why a hypothesis ended: the end symbol, its limit, or the listener (a stop string).
enum class Finish { end, length, stop };
inline constexpr EnumEntry<Finish> kFinishes[] = {
    {Finish::end, "end", "the end symbol"}, {Finish::length, "length", "the limit"}, {Finish::stop, "stop", "a stop string"}};
constexpr std::span<const EnumEntry<Finish>> enum_table(Finish) { return kFinishes; }

struct Hypothesis {
  std::vector<std::int32_t> token_ids;  // end symbol included, unless it was cut at the limit; forced tokens included
  std::vector<float> token_log_probs;   // one a token: the model's own
  double log_prob = 0;                  // their sum, natural logarithm
  double score = 0;                     // what ranks it
  std::vector<std::vector<float>> attention = {};  // tokens x source tokens, rows add up to 1; where asked for
  std::int64_t sample = 0;                         // sampling: which of the samples
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
    std::int32_t row;  // of the batch in which it was chosen
    float log_prob;
  };

  std::int64_t add(const Node& node);
  const Node& operator[](std::int64_t node) const { return nodes_[node]; }
  // From the start to `last`, which need not be in the tree.
  std::vector<Node> path(const Node& last) const;
  std::vector<std::int32_t> tokens(std::int64_t last) const;

 private:
  std::vector<Node> nodes_;
};

// log_prob / tokens^alpha (average), log_prob / ((5 + tokens) / 6)^alpha (gnmt: Wu et al. 2016, eq. 14), log_prob (none).
double length_normalised(const LengthPenaltyConfig& penalty, double log_prob, std::int64_t tokens);

// beta sum_s ln min(sum_t attention[t][s], 1): what source tokens that were hardly looked at cost (Wu et al. 2016, eq. 14).
// Sums below 1e-9 count as 1e-9.
double coverage_penalty(double beta, const std::vector<std::vector<float>>& attention);

// max_length; of a config that was not resolved, no limit.
std::int64_t longest_output(const DecodingConfig& config);

// min(max(ratio x source tokens + offset, min_length + 1), max_length), at least 1: an end that must not come earlier has room.
// The sentence's own tokens with its end symbol, never its
// batch's width: what a sentence becomes must not depend on its neighbours.
std::int64_t output_limit(const DecodingConfig& config, std::int64_t source_tokens);

}  // namespace attend
