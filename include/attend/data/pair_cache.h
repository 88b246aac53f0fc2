// From parallel text to encoded pairs, once: a corpus is read and encoded a window at a time. In a cache (text_cache.h)
// the arrays are index.bin and body.bin, and the rules are the hashes of the tokenizers, lengths and prefixes.
#pragma once

#include "attend/data/pair_store.h"
#include "attend/data/parallel_dataset.h"
#include "attend/data/text_cache.h"
#include "attend/text/corpus.h"

namespace attend {

struct LengthRule {
  std::int64_t max_length = 256;  // with the end symbol
  OverLength over_length = OverLength::skip;
};

LengthRule length_rule_of(const DataConfig& data);

// Which sides are kept as normalised text, to be segmented anew each time they are read; a store holds text where one is.
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

// In memory. DataError for a fault of the text, and when no pair is left.
PairStore encode_pairs(const PairRequest& request);

// Mapped from the folder of the cache, which is made where it does not hold these pairs. DataError, WriteError. Nothing of a
// size that grows with the corpus is in memory.
PairStore cached_pairs(const PairRequest& request, const DataCache& cache, const std::string& folder);

// From the directory `folder` of the cache, or encoded where there is none.
PairStore read_pairs(const PairRequest& request, const DataCache& cache, const std::string& folder);

}  // namespace attend
