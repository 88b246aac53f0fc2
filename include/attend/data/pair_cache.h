// Encodes parallel text once. A corpus is read and encoded a window of lines at a time. In a cache (text_cache.h) the
// arrays are index.bin and body.bin (and weights.bin), and the rules are the hashes of the tokenizers, the lengths and
// the prefixes.
#pragma once

#include "attend/data/pair_store.h"
#include "attend/data/parallel_dataset.h"
#include "attend/data/text_cache.h"
#include "attend/text/corpus.h"

namespace attend {

struct LengthRule {
  std::int64_t max_length = 256;  // tokens, end symbol included
  OverLength over_length = OverLength::skip;
};

LengthRule length_rule_of(const DataConfig& data);

// Which sides are kept as normalised text, because they are segmented anew each time they are read. If one side is kept
// as text, the store holds text on both sides.
struct TextSides {
  bool source = false, target = false;
  bool any() const { return source || target; }
};

struct PairRequest {
  Corpus corpus;
  Tokenizers tokenizers;
  LengthRule rule;
  TextSides sampled;
};

// Encodes in memory. Throws DataError for faults of the text and when no pair is left.
PairStore encode_pairs(const PairRequest& request);

// Maps the pairs from a folder of the cache, which is first made if it does not hold these pairs. Needs no memory that
// grows with the corpus. Throws DataError or WriteError.
PairStore cached_pairs(const PairRequest& request, const DataCache& cache, const std::string& folder);

// Reads from `folder` of the cache, or encodes in memory when there is no cache.
PairStore read_pairs(const PairRequest& request, const DataCache& cache, const std::string& folder);

}  // namespace attend
