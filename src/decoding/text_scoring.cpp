// R windows together, L tokens of a window, V vocabulary.
#include "attend/decoding/text_scoring.h"

#include <c10/core/InferenceMode.h>
#include <torch/types.h>

#include <algorithm>

namespace attend {
namespace {

constexpr std::int64_t kMostLogits = 1 << 25;  // R L V at a time

// What follows each token of these windows: (R, L).
at::Tensor log_probs_of(LanguageModel& model, const at::Tensor& ids, const std::vector<std::int64_t>& begins, std::int64_t length) {
  std::vector<at::Tensor> tokens, next;
  for (const auto begin : begins) {
    tokens.push_back(ids.narrow(0, begin, length));
    next.push_back(ids.narrow(0, begin + 1, length));
  }
  const auto logits = model.head().logits(model.hidden({at::stack(tokens)}, {}));
  return logits.log_softmax(-1).gather(-1, at::stack(next).unsqueeze(-1)).squeeze(-1).to(at::kCPU, at::kFloat);  // sync
}

}  // namespace

std::vector<float> score_tokens(LanguageModel& model, std::span<const std::int32_t> ids, const TextWindow& window) {
  const auto labels = static_cast<std::int64_t>(ids.size()) - 1;
  if (labels < 1) return {};
  const c10::InferenceMode inference;
  const auto all = torch::tensor(std::vector<std::int64_t>(ids.begin(), ids.end()), torch::kInt64).to(model.head().device());
  const auto length = std::min(window.context, labels);
  const auto together = std::max<std::int64_t>(1, kMostLogits / (length * model.vocabularies().target));
  std::vector<float> scores;
  while (static_cast<std::int64_t>(scores.size()) < labels) {
    std::vector<std::int64_t> begins;
    auto scored = static_cast<std::int64_t>(scores.size());
    for (; scored < labels && static_cast<std::int64_t>(begins.size()) < together; scored = begins.back() + length) {
      const auto next = scored == 0 ? 0 : scored + window.stride - length;
      begins.push_back(std::clamp<std::int64_t>(next, 0, labels - length));
    }
    const auto rows = log_probs_of(model, all, begins, length).contiguous();
    const auto* values = rows.const_data_ptr<float>();
    for (std::size_t r = 0; r < begins.size(); ++r) {
      const auto known = static_cast<std::int64_t>(scores.size()) - begins[r];  // scored by a window before
      scores.insert(scores.end(), values + static_cast<std::int64_t>(r) * length + known, values + static_cast<std::int64_t>(r + 1) * length);
    }
  }
  return scores;
}

}  // namespace attend
