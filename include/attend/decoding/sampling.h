// Draws hypotheses at random from the distributions of a Scorer. A draw is a function of seed, line, sample and step
// alone, by the counter-based generator of core/philox.h: batches, threads and the lines around change nothing but
// rounding.
#pragma once

#include <vector>

#include "attend/decoding/hypothesis.h"
#include "attend/decoding/scorer.h"
#include "attend/decoding/search_options.h"

namespace attend {

// Returns options.nbest independent samples of each sentence, best score first. It reads `batch.lines` and
// `options.sampling`. log_prob and score are of the model's own distribution (score: after the rules), not of the one
// drawn from.
std::vector<std::vector<Hypothesis>> sample(Scorer& scorer, const SourceBatch& batch, const SearchOptions& options);

}  // namespace attend
