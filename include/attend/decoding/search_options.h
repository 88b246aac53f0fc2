// The options of a search; docs/decoding.md defines them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "attend/config/config.h"
#include "attend/text/tokenizer.h"

namespace attend {

// Tokens are drawn from p(token)^(1 / temperature); where temperature is 0, the likeliest is taken. This distribution
// is cut, in this order: to the top_k likeliest tokens (0: all); to the fewest likeliest that hold top_p of what is
// left; to those at least min_p times as likely as the likeliest; and to the fewest most typical that hold `typical` of
// what is left. Most typical are those whose information -ln p is nearest to its expectation.
struct SamplingOptions {
  double temperature = 1.0;
  std::int64_t top_k = 0;
  double top_p = 1.0;
  std::uint64_t seed = 1;
  double min_p = 0.0;
  double typical = 1.0;
};

// A listener hears of every token that a search adds, and may end a hypothesis.
class GrowthListener {
 public:
  struct Growth {
    std::size_t sentence;                  // index of the sentence in the batch
    std::int64_t sample;                   // number of the sample; hypotheses of a beam have none
    std::span<const std::int32_t> tokens;  // the hypothesis, this token included
    bool last;                             // true: it ends here anyway, at the end symbol or the limit
  };
  virtual ~GrowthListener() = default;
  // Returns true where the hypothesis ends here.
  virtual bool ends(const Growth& growth) = 0;
};

// A number that is added to ln p of a token wherever the token may follow.
struct TokenBias {
  std::int32_t token;
  float bias;
};

struct SearchOptions {
  DecodingConfig decoding;
  // Ids of the target side: bos starts, eos ends; pad and bos are never generated; -1: there is none.
  SpecialIds special;
  std::int64_t nbest = 1;                   // most hypotheses that are returned for a sentence
  std::optional<SamplingOptions> sampling;  // set: nbest samples in place of beam search
  std::vector<std::int32_t> banned;         // further tokens that are never generated
  bool attention = false;                   // true: hypotheses carry their cross-attention
  GrowthListener* listener = nullptr;
  std::vector<TokenBias> biases = {};
  std::int64_t min_new_tokens = 0;  // no end symbol comes before so many tokens behind the given ones
  std::int64_t penalty_last = 0;    // penalties look at so many of the last tokens; 0: at all
};

}  // namespace attend
