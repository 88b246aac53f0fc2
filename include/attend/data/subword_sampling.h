// Random segmentations of training text, drawn anew each time the text is read.
#pragma once

#include <memory>

#include "attend/data/order.h"
#include "attend/data/pair_cache.h"
#include "attend/text/subword_sampler.h"

namespace attend {

// A draw is a pure function of (seed, corpus, line, pass, side), so a resumed run draws the same. A line that becomes
// longer than max_length is segmented without sampling, or cropped if the rule says so.
class SubwordSampling {
 public:
  // alpha 0 means that this side is segmented without sampling.
  struct Options {
    double source_alpha = 0, target_alpha = 0;
    std::uint64_t seed = 0;
  };
  SubwordSampling(const Tokenizers& tokenizers, const LengthRule& rule, const Options& options);

  // Turns normalised text into ids, without end symbols.
  std::vector<std::int32_t> encode(std::string_view normalized, Side side, const Draw& draw) const;

 private:
  struct OneSide {
    std::shared_ptr<const Tokenizer> tokenizer;
    std::shared_ptr<const SubwordSampler> sampler;  // null: alpha is 0
    double alpha = 0;
  };
  std::vector<std::int32_t> segment(const OneSide& side, std::string_view normalized, std::uint64_t key) const;

  OneSide source_, target_;
  LengthRule rule_;
  std::uint64_t seed_;
};

}  // namespace attend
