#include "attend/decoding/model_scorer.h"

#include <c10/core/InferenceMode.h>
#include <torch/types.h>

#include <algorithm>

namespace attend {

// What InferenceMode makes may only be changed within it, so every call that touches the state opens it.

ModelScorer::ModelScorer(std::shared_ptr<EncoderDecoder> model)
    : model_(std::move(model)), device_(model_->parameters().front().device()) {}

void ModelScorer::begin(const SourceBatch& batch, std::int64_t max_beams, std::int64_t max_tokens) {
  const c10::InferenceMode inference;
  constexpr std::int64_t kFirstCapacity = 32;  // tokens; most translations end before their limit
  memory_ = model_->encode(batch.ids.to(device_), ForwardContext{});
  state_ = model_->make_state({batch.ids.size(0), max_beams, std::min(max_tokens, kFirstCapacity)});
}

StepOutput ModelScorer::step(const at::Tensor& tokens) {
  const c10::InferenceMode inference;
  const auto logits = model_->decode_step(tokens.to(device_).view({-1, 1}), memory_, state_);
  memory_ = {};  // the states hold what they need of it
  return {logits.view({tokens.size(0), tokens.size(1), -1}), {}};
}

void ModelScorer::keep(const at::Tensor& sentence_rows) {
  const c10::InferenceMode inference;
  state_.keep(sentence_rows.to(device_));
}

void ModelScorer::reorder(const at::Tensor& hypothesis_rows) {
  const c10::InferenceMode inference;
  state_.reorder(hypothesis_rows.to(device_).flatten());
}

}  // namespace attend
