// Random segmentations for training, by our own code from the scores of a SentencePiece model, so that a draw belongs to
// a key and not to a generator's past.
//
//   unigram   a segmentation is drawn with probability proportional to exp(alpha * sum of its scores) (Kudo 2018; what
//             SentencePiece calls nbest_size -1), by filtering forward over the lattice and sampling backward
//   BPE       dropout (Provilkov et al. 2020, algorithm 1), word by word: in each step every pair of neighbours that may
//             be merged is dropped with probability alpha; the best one left is merged; no pair left ends the word
//
// User-defined symbols are never cut. Characters without a piece become one unknown piece a run, or bytes, as in
// SentencePiece.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "attend/core/philox.h"
#include "attend/text/tokenizer.h"

namespace attend {

// A word of more characters is segmented without dropout: its cost would grow with the square.
inline constexpr std::size_t kMaxSampledWord = 512;

class SubwordSampler {
 public:
  virtual ~SubwordSampler() = default;
  // Both take text that Tokenizer::normalize gave; both may be called from several threads.
  // What Tokenizer::encode gives.
  virtual std::vector<std::int32_t> best(std::string_view normalized) const = 0;
  virtual std::vector<std::int32_t> sample(std::string_view normalized, double alpha, PhiloxStream& random) const = 0;
};

// ConfigError for a tokenizer without subwords to choose from.
std::unique_ptr<SubwordSampler> make_subword_sampler(const Tokenizer& tokenizer);

}  // namespace attend
