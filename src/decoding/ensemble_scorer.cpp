#include "attend/decoding/ensemble_scorer.h"

#include <ATen/ATen.h>

#include <cmath>
#include <numeric>

namespace attend {
namespace {

// mean = mean + weight * value; whatever is undefined stays so
void add_weighted(at::Tensor& mean, const at::Tensor& value, double weight) {
  if (value.defined()) mean = mean.defined() ? mean.add(value, weight) : value * weight;
}

}  // namespace

EnsembleScorer::EnsembleScorer(std::vector<std::unique_ptr<Scorer>> members, std::vector<double> weights)
    : members_(std::move(members)), weights_(std::move(weights)) {
  const double sum = std::accumulate(weights_.begin(), weights_.end(), 0.0);
  for (double& weight : weights_) weight /= sum;
}

void EnsembleScorer::begin(const SourceBatch& batch, const SearchBounds& bounds) {
  for (const auto& member : members_) member->begin(batch, bounds);
}

StepOutput EnsembleScorer::step(const at::Tensor& tokens) {
  StepOutput mean;
  for (std::size_t m = 0; m < members_.size(); ++m) {
    const StepOutput output = members_[m]->step(tokens);
    add_weighted(mean.logits, output.logits.softmax(-1, at::kFloat), weights_[m]);
    add_weighted(mean.cross_weights, output.cross_weights, weights_[m]);
  }
  mean.logits = mean.logits.log();
  return mean;
}

// In logarithms, as a given token may be less likely than float32 can say.
ForcedOutput EnsembleScorer::force(const at::Tensor& tokens, const at::Tensor& following) {
  ForcedOutput mean;
  for (std::size_t m = 0; m < members_.size(); ++m) {
    const ForcedOutput output = members_[m]->force(tokens, following);
    if (weights_[m] > 0) {
      const at::Tensor part = output.log_probs + std::log(weights_[m]);
      mean.log_probs = mean.log_probs.defined() ? at::logaddexp(mean.log_probs, part) : part;
    }
    add_weighted(mean.cross_weights, output.cross_weights, weights_[m]);
  }
  return mean;
}

void EnsembleScorer::keep(const at::Tensor& sentence_rows) {
  for (const auto& member : members_) member->keep(sentence_rows);
}

void EnsembleScorer::reorder(const at::Tensor& hypothesis_rows) {
  for (const auto& member : members_) member->reorder(hypothesis_rows);
}

}  // namespace attend
