// Batched beam search over a Scorer; docs/decoding.md defines it. Beam 1 is greedy search.
#pragma once

#include <vector>

#include "attend/decoding/hypothesis.h"
#include "attend/decoding/scorer.h"
#include "attend/decoding/search_options.h"

namespace attend {

// Returns 1..nbest hypotheses of each sentence, best first; of equal scores the one that finished earlier comes first.
std::vector<std::vector<Hypothesis>> beam_search(Scorer& scorer, const SourceBatch& batch,
                                                 const SearchOptions& options);

}  // namespace attend
