#include "attend/decoding/scorer.h"

#include <ATen/ATen.h>

namespace attend {

ForcedOutput Scorer::force(const at::Tensor& tokens, const at::Tensor& following) {
  std::vector<at::Tensor> log_probs, weights;
  for (std::int64_t t = 0; t < tokens.size(1); ++t) {
    const StepOutput output = step(tokens.narrow(1, t, 1));  // (B, 1, V)
    const auto next = following.select(1, t).unsqueeze(1).to(output.logits.device());
    log_probs.push_back(output.logits.select(1, 0).to(at::kFloat).log_softmax(-1).gather(1, next));
    if (output.cross_weights.defined()) weights.push_back(output.cross_weights);
  }
  return {at::cat(log_probs, 1), weights.empty() ? at::Tensor() : at::cat(weights, 1)};
}

}  // namespace attend
