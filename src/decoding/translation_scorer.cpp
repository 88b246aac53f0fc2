// B sentences, K hypotheses a sentence, t tokens, S source tokens, D model, V vocabulary.
#include "attend/decoding/translation_scorer.h"

#include <c10/core/InferenceMode.h>
#include <torch/types.h>

#include <algorithm>

#include "token_log_probs.h"

namespace attend {

// What InferenceMode makes may only be changed within it, so every call that touches the state opens it.

TranslationScorer::TranslationScorer(std::shared_ptr<EncoderDecoder> model)
    : model_(std::move(model)), device_(model_->parameters().front().device()) {
  recorder_.layer_ = kDecoderLayer + alignment_layer(model_->decoder_layers());
}

void TranslationScorer::begin(const SourceBatch& batch, const SearchBounds& bounds) {
  const c10::InferenceMode inference;
  constexpr std::int64_t kFirstCapacity = 32;  // tokens; most translations end before their limit
  want_weights_ = bounds.want_weights;
  memory_ = model_->encode(batch.ids.to(device_), ForwardContext{});
  state_ = model_->make_state({batch.ids.size(0), bounds.beams, std::min(bounds.tokens, kFirstCapacity)});
}

ForwardContext TranslationScorer::context() {
  ForwardContext context;
  if (want_weights_) context.recorder = &recorder_;
  return context;
}

StepOutput TranslationScorer::step(const at::Tensor& tokens) {
  const c10::InferenceMode inference;
  const auto logits = model_->decode_step(tokens.to(device_).view({-1, 1}), memory_, state_, context());
  memory_ = {};  // the states hold what they need of it
  return {logits.view({tokens.size(0), tokens.size(1), -1}), want_weights_ ? recorder_.weights_ : at::Tensor()};
}

ForcedOutput TranslationScorer::force(const at::Tensor& tokens, const at::Tensor& following) {
  const c10::InferenceMode inference;
  const auto hidden = model_->decode_on(tokens.to(device_), memory_, state_, context());  // (B, t, D)
  memory_ = {};
  const auto log_probs = token_log_probs(model_->head(), hidden.flatten(0, 1), following.to(device_).flatten());
  return {log_probs.view(tokens.sizes()), want_weights_ ? recorder_.weights_ : at::Tensor()};
}

void TranslationScorer::keep(const at::Tensor& sentence_rows) {
  const c10::InferenceMode inference;
  state_.keep(sentence_rows.to(device_));
}

void TranslationScorer::reorder(const at::Tensor& hypothesis_rows) {
  const c10::InferenceMode inference;
  state_.reorder(hypothesis_rows.to(device_).flatten());
}

}  // namespace attend
