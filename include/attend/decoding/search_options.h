// What a search is asked for; docs/decoding.md has the definitions.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "attend/config/config.h"
#include "attend/text/tokenizer.h"

namespace attend {

// Tokens are drawn from p(token)^(1 / temperature), cut to the top_k likeliest (0: all) and then to the fewest that hold
// top_p of what is left.
struct SamplingOptions {
  double temperature = 1.0;
  std::int64_t top_k = 0;
  double top_p = 1.0;
  std::uint64_t seed = 1;
};

struct SearchOptions {
  DecodingConfig decoding;
  SpecialIds special;      // of the target side: bos starts, eos ends; pad and bos are never generated
  std::int64_t nbest = 1;  // at most this many hypotheses a sentence are returned
  std::optional<SamplingOptions> sampling;  // nbest samples in place of beam search
  std::vector<std::int32_t> banned;         // further tokens that are never generated
  bool attention = false;                   // hypotheses carry their cross-attention
};

}  // namespace attend
