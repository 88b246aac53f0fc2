#include "attend/nn/vocabulary_head.h"

#include <torch/types.h>

#include "attend/kernels/cross_entropy.h"

namespace attend {

VocabularyHead::VocabularyHead(const OutputConfig& config, std::shared_ptr<Embedding> tied)
    : config_(config), tied_(std::move(tied)) {
  if (!tied_) register_weight("weight", own_, torch::zeros({config.vocabulary, config.d_model}), Start::table);
  if (config.bias) register_weight("bias", bias_, torch::zeros({config.vocabulary}), Start::zeros);
}

at::Tensor VocabularyHead::logits(const at::Tensor& hidden) const {
  const auto z = kernels::linear(hidden, weight(), bias_);
  return z.scalar_type() == at::kDouble ? z : z.to(at::kFloat);
}

std::vector<LossTerm> VocabularyHead::loss(const at::Tensor& hidden, const at::Tensor& labels,
                                           const LossOptions& options) const {
  kernels::CrossEntropyInput input;
  input.hidden = hidden.reshape({-1, hidden.size(-1)});
  input.weight = weight();
  input.bias = bias_;
  input.labels = labels.reshape({-1});
  const at::Tensor& weights = options.row_weights;
  if (weights.defined()) input.row_weights = weights.unsqueeze(1).expand_as(labels).reshape({-1});
  input.ignore = kNoLabel;
  input.smoothing = options.label_smoothing;
  const auto result = kernels::cross_entropy(input);
  return {{"loss", result.smoothed, result.count, 1.0}, {"nll", result.nll, result.count, 0.0}};
}

}  // namespace attend
