// Tells how likely given translations are: it gives the log-probability of each token behind the true ones before it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attend/decoding/scorer.h"
#include "attend/text/tokenizer.h"

namespace attend {

struct ScoredPair {
  std::vector<std::int32_t> source;  // with the end symbol
  // All tokens that are scored, so the end symbol too where it counts.
  std::vector<std::int32_t> target;
};

struct ScoringOptions {
  SpecialIds special;  // ids of the target side
  // Limits a batch's rows x longest side; a batch has at least one row.
  std::int64_t batch_tokens = 4096;
};

// Returns one natural log-probability per target token of each pair. An empty target asks nothing of the model.
std::vector<std::vector<float>> score_pairs(Scorer& scorer, std::span<const ScoredPair> pairs,
                                            const ScoringOptions& options);

}  // namespace attend
