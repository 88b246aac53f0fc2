// The output layer over a vocabulary. It gives logits for decoding and a chunked, smoothed cross-entropy for training.
#pragma once

#include <vector>

#include "attend/nn/embedding.h"
#include "attend/tensor/forward_context.h"

namespace attend {

struct OutputConfig {
  std::int64_t d_model = 0, vocabulary = 0;
  bool bias = false;
};

// How a task weighs what the head computes.
struct LossOptions {
  double label_smoothing = 0;
  at::Tensor row_weights = {};  // (B) float32, a weight w for each row; undefined: all are 1
};

class VocabularyHead : public WeightedModule {
 public:
  // `tied` is the embedding whose table is the output matrix, or null for a matrix of the head's own.
  VocabularyHead(const OutputConfig& config, std::shared_ptr<Embedding> tied);
  // Returns float32 logits (..., V) (float64 for float64) of hidden (..., D).
  at::Tensor logits(const at::Tensor& hidden) const;
  // Returns {"loss": smoothed, weight 1} and {"nll": plain, weight 0} for hidden (B, T, D) and labels (B, T). The sums
  // are over w times a token's loss, the count is the sum of w over the tokens with a label.
  std::vector<LossTerm> loss(const at::Tensor& hidden, const at::Tensor& labels, const LossOptions& options = {}) const;
  std::int64_t vocabulary() const { return config_.vocabulary; }
  at::Device device() const { return weight().master.device(); }
  at::ScalarType compute_dtype() const { return weight().compute().scalar_type(); }

 private:
  const Weight& weight() const { return tied_ ? tied_->table() : own_; }

  OutputConfig config_;
  std::shared_ptr<Embedding> tied_;  // registered by its owner, so that its name exists once
  Weight own_, bias_;
};

}  // namespace attend
