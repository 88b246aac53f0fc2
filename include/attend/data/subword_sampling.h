// Segmentations of training text that are drawn anew each time it is read.
#pragma once

#include <memory>

#include "attend/data/order.h"
#include "attend/data/pair_cache.h"
#include "attend/text/subword_sampler.h"

namespace attend {

// A draw is a pure function of (seed, corpus, line, pass, side): the same for a run that was resumed. A line that comes
// out longer than max_length is segmented without sampling, or cropped where that is the rule.
class SubwordSampling {
 public:
  // alpha 0: that side is segmented as it always is.
  struct Options {
    double source_alpha = 0, target_alpha = 0;
    std::uint64_t seed = 0;
  };
  SubwordSampling(const Tokenizers& tokenizers, const LengthRule& rule, const Options& options);

  // Normalised text to ids, without end symbols.
  std::vector<std::int32_t> encode(std::string_view normalized, Side side, const Draw& draw) const;

 private:
  struct OneSide {
    std::shared_ptr<const Tokenizer> tokenizer;
    std::shared_ptr<const SubwordSampler> sampler;  // none: alpha is 0
    double alpha = 0;
  };
  std::vector<std::int32_t> segment(const OneSide& side, std::string_view normalized, std::uint64_t key) const;

  OneSide source_, target_;
  LengthRule rule_;
  std::uint64_t seed_;
};

}  // namespace attend
