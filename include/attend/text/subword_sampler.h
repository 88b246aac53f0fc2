// Random segmentations for training. They are drawn by our own code from the scores of a SentencePiece model, so that
// each draw depends on a key alone and not on earlier draws.
//
//   unigram   a segmentation is drawn with probability proportional to exp(alpha * sum of its scores) (Kudo 2018; in
//             SentencePiece: nbest_size -1), by filtering forward over the lattice and sampling backward
//   BPE       dropout (Provilkov et al. 2020, algorithm 1), word by word: in each step every pair of neighbours that
//             can be merged is dropped with probability alpha, and the best remaining one is merged; a word is done
//             when no pair remains
//
// User-defined symbols are never cut. A run of characters without a piece becomes one unknown piece, or bytes, as in
// SentencePiece.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "attend/core/philox.h"
#include "attend/text/tokenizer.h"

namespace attend {

// Longer words (in characters) are segmented without dropout, because the cost grows with the square of the length.
inline constexpr std::size_t kMaxSampledWord = 512;

class SubwordSampler {
 public:
  virtual ~SubwordSampler() = default;
  // Both functions take text from Tokenizer::normalize and may be called from several threads. best() returns the same
  // ids as Tokenizer::encode.
  virtual std::vector<std::int32_t> best(std::string_view normalized) const = 0;
  virtual std::vector<std::int32_t> sample(std::string_view normalized, double alpha, PhiloxStream& random) const = 0;
};

// Throws ConfigError for a tokenizer without subwords to choose from.
std::unique_ptr<SubwordSampler> make_subword_sampler(const Tokenizer& tokenizer);

}  // namespace attend
