// Reads a corpus and writes its pairs as ids, a window at a time.
#pragma once

#include "attend/data/pair_cache.h"
#include "attend/data/pair_writer.h"

namespace attend {

// A summary without counts.
PairSummary summary_for(const PairRequest& request);
// Whether pairs are kept with weights: a validation counts each pair once.
bool keeps_weights(const PairRequest& request);
// Also finishes the writer. DataError when nothing is left.
PairSummary encode_corpus(const PairRequest& request, PairWriter& writer);

}  // namespace attend
