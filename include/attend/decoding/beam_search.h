// Batched beam search over a Scorer; docs/decoding.md has the definition. Beam 1 is greedy search.
#pragma once

#include <cstdint>
#include <vector>

#include "attend/config/config.h"
#include "attend/decoding/hypothesis.h"
#include "attend/decoding/scorer.h"
#include "attend/text/tokenizer.h"

namespace attend {

struct SearchOptions {
  DecodingConfig decoding;
  SpecialIds special;      // of the target side: bos starts, eos ends; pad and bos are never generated
  std::int64_t nbest = 1;  // at most this many hypotheses a sentence are returned
};

// For each sentence its hypotheses, best first (equal scores: the one finished earlier), 1..nbest of them.
std::vector<std::vector<Hypothesis>> beam_search(Scorer& scorer, const SourceBatch& batch, const SearchOptions& options);

}  // namespace attend
