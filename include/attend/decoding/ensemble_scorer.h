// Makes one scorer of several by the weighted arithmetic mean of their probabilities, p(y) = sum_m w_m p_m(y). The
// members read the same ids; their sizes may differ.
#pragma once

#include <memory>

#include "attend/decoding/scorer.h"

namespace attend {

class EnsembleScorer final : public Scorer {
 public:
  // Takes one weight for each member, none negative, not all 0. The weights are divided by their sum.
  EnsembleScorer(std::vector<std::unique_ptr<Scorer>> members, std::vector<double> weights);
  std::int64_t vocabulary_size() const override { return members_.front()->vocabulary_size(); }
  void begin(const SourceBatch& batch, const SearchBounds& bounds) override;
  StepOutput step(const at::Tensor& tokens) override;
  ForcedOutput force(const at::Tensor& tokens, const at::Tensor& following) override;
  void keep(const at::Tensor& sentence_rows) override;
  void reorder(const at::Tensor& hypothesis_rows) override;

 private:
  std::vector<std::unique_ptr<Scorer>> members_;
  std::vector<double> weights_;  // add up to 1
};

}  // namespace attend
