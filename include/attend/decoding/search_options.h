// What a search is asked for; docs/decoding.md has the definitions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "attend/config/config.h"
#include "attend/text/tokenizer.h"

namespace attend {

// Tokens are drawn from p(token)^(1 / temperature) (0: the likeliest is taken), cut to the top_k likeliest (0: all), then to
// the fewest likeliest that hold top_p of what is left, to those at least min_p times as likely as the likeliest, and to the
// fewest most typical that hold `typical` of what is left: those whose information -ln p is nearest to its expectation.
struct SamplingOptions {
  double temperature = 1.0;
  std::int64_t top_k = 0;
  double top_p = 1.0;
  std::uint64_t seed = 1;
  double min_p = 0.0;
  double typical = 1.0;
};

// Hears of every token a search adds, and may end a hypothesis.
class GrowthListener {
 public:
  struct Growth {
    std::size_t sentence;                 // of the batch
    std::int64_t sample;                  // of the sentence; hypotheses of a beam have none
    std::span<const std::int32_t> tokens; // the hypothesis, this token included
    bool last;                            // it ends here anyway: the end symbol, or the limit
  };
  virtual ~GrowthListener() = default;
  // True: the hypothesis ends here.
  virtual bool ends(const Growth& growth) = 0;
};

// What is added to ln p of a token wherever it may follow.
struct TokenBias {
  std::int32_t token;
  float bias;
};

struct SearchOptions {
  DecodingConfig decoding;
  SpecialIds special;      // of the target side: bos starts, eos ends; pad and bos are never generated; -1: there is none
  std::int64_t nbest = 1;  // at most this many hypotheses a sentence are returned
  std::optional<SamplingOptions> sampling;  // nbest samples in place of beam search
  std::vector<std::int32_t> banned;         // further tokens that are never generated
  bool attention = false;                   // hypotheses carry their cross-attention
  GrowthListener* listener = nullptr;
  std::vector<TokenBias> biases = {};
  std::int64_t min_new_tokens = 0;  // no end symbol before so many tokens behind those given
  std::int64_t penalty_last = 0;    // penalties look at the last so many tokens; 0: at all
};

}  // namespace attend
