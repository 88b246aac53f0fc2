#include "token_log_probs.h"

#include <torch/types.h>

#include <algorithm>

namespace attend {

at::Tensor token_log_probs(const VocabularyHead& head, const at::Tensor& hidden, const at::Tensor& tokens) {
  constexpr std::int64_t kLogits = 1 << 22;
  const std::int64_t rows = std::max<std::int64_t>(1, kLogits / head.vocabulary());
  std::vector<at::Tensor> parts;
  for (std::int64_t begin = 0; begin < tokens.size(0); begin += rows) {
    const std::int64_t count = std::min(rows, tokens.size(0) - begin);
    const auto logits = head.logits(hidden.narrow(0, begin, count)).to(torch::kFloat);
    const auto chosen = logits.gather(1, tokens.narrow(0, begin, count).unsqueeze(1)).squeeze(1);
    parts.push_back(chosen - logits.logsumexp(1));
  }
  return torch::cat(parts);
}

}  // namespace attend
