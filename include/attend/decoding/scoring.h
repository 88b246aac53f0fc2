// How likely given translations are: log-probabilities of their tokens, each behind the true ones before it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attend/decoding/scorer.h"
#include "attend/text/tokenizer.h"

namespace attend {

struct ScoredPair {
  std::vector<std::int32_t> source;  // end symbol included
  std::vector<std::int32_t> target;  // every token that is scored, so the end symbol too where it counts
};

struct ScoringOptions {
  SpecialIds special;                // of the target side
  std::int64_t batch_tokens = 4096;  // a batch's rows x longest side; at least one row
};

// For each pair one log-probability (natural) a target token. An empty target asks nothing of the model.
std::vector<std::vector<float>> score_pairs(Scorer& scorer, std::span<const ScoredPair> pairs, const ScoringOptions& options);

}  // namespace attend
