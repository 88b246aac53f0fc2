// t new tokens of each hypothesis.
#include "attend/models/decoder_state.h"

#include <torch/types.h>

namespace attend {

void DecoderState::reorder(const at::Tensor& hypothesis_rows) {
  for (auto& layer : layers) layer->reorder(hypothesis_rows);
  if (real.defined()) real = real.index_select(0, hypothesis_rows);
}

void DecoderState::keep(const at::Tensor& sentence_rows) {
  for (auto& layer : layers) layer->keep(sentence_rows);
}

at::Tensor DecoderState::next_positions(const at::Tensor& tokens, const at::Tensor& valid) const {
  if (!real.defined() && !valid.defined()) return {};
  const auto before = real.defined() ? real.unsqueeze(1) : torch::full({tokens.size(0), 1}, length, tokens.options());
  const auto real_tokens = valid.defined() ? valid.to(torch::kInt64) : torch::ones_like(tokens);
  return (before + real_tokens.cumsum(1) - 1).clamp_min(0);
}

void DecoderState::count(const at::Tensor& tokens, const at::Tensor& valid) {
  if (valid.defined() && !real.defined()) real = torch::full({tokens.size(0)}, length, tokens.options());
  if (real.defined()) real = real + (valid.defined() ? valid.sum(1) : torch::full_like(real, tokens.size(1)));
  length += tokens.size(1);
}

}  // namespace attend
