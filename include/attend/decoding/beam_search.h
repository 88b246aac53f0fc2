// Batched beam search over a Scorer; docs/decoding.md has the definition. Beam 1 is greedy search.
#pragma once

#include <vector>

#include "attend/decoding/hypothesis.h"
#include "attend/decoding/scorer.h"
#include "attend/decoding/search_options.h"

namespace attend {

// For each sentence its hypotheses, best first (equal scores: the one finished earlier), 1..nbest of them.
std::vector<std::vector<Hypothesis>> beam_search(Scorer& scorer, const SourceBatch& batch, const SearchOptions& options);

}  // namespace attend
