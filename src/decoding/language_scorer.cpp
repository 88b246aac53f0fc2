// R hypotheses (rows), t tokens, D model.
#include "attend/decoding/language_scorer.h"

#include <c10/core/InferenceMode.h>
#include <torch/types.h>

#include <algorithm>

namespace attend {

LanguageScorer::LanguageScorer(std::shared_ptr<LanguageModel> model, std::int64_t context)
    : model_(std::move(model)), device_(model_->parameters().front().device()), context_(context) {}

// What InferenceMode makes may only be changed within it, so every call that touches the state opens it.

void LanguageScorer::begin(const SourceBatch& batch, const SearchBounds& bounds) {
  const c10::InferenceMode inference;
  constexpr std::int64_t kFirstNew = 64;  // states grow when there are more
  seen_.clear();
  for (std::size_t b = 0; b < batch.lengths.size(); ++b) {
    const auto* ids = batch.ids.const_data_ptr<std::int64_t>() + static_cast<std::int64_t>(b) * batch.ids.size(1);
    seen_.emplace_back(ids, ids + batch.lengths[b] - 1);
  }
  const std::int64_t longest = batch.ids.size(1) + std::min(bounds.tokens, kFirstNew);
  shape_ = {batch.ids.size(0), bounds.beams, std::min(longest, context_)};
  take_in();
}

// A fresh state that holds what was seen, by one pass.
void LanguageScorer::take_in() {
  state_ = model_->make_state(shape_);
  std::size_t width = 0, least = seen_.front().size();
  for (const auto& row : seen_) {
    width = std::max(width, row.size());
    least = std::min(least, row.size());
  }
  if (width == 0) return;
  at::Tensor tokens = torch::zeros({static_cast<std::int64_t>(seen_.size()), static_cast<std::int64_t>(width)}, torch::kInt64);
  at::Tensor valid = torch::zeros(tokens.sizes(), torch::kBool);  // (R, t)
  auto* token = tokens.mutable_data_ptr<std::int64_t>();
  auto* real = valid.mutable_data_ptr<bool>();
  for (const auto& row : seen_) {
    token += width;
    real += width;
    std::copy(row.begin(), row.end(), token - row.size());
    std::fill(real - row.size(), real, true);
  }
  model_->advance(tokens.to(device_), state_, least == width ? at::Tensor() : valid.to(device_));
}

void LanguageScorer::make_room() {
  const auto context = static_cast<std::size_t>(context_);
  const auto is_full = [&](const auto& row) { return row.size() >= context; };
  if (std::none_of(seen_.begin(), seen_.end(), is_full)) return;
  for (auto& row : seen_)
    if (is_full(row)) row.erase(row.begin(), row.end() - static_cast<std::ptrdiff_t>(context / 2));
  take_in();
}

StepOutput LanguageScorer::step(const at::Tensor& tokens) {
  const c10::InferenceMode inference;
  make_room();
  const auto* token = tokens.const_data_ptr<std::int64_t>();
  for (auto& row : seen_) row.push_back(*token++);
  const auto hidden = model_->advance(tokens.to(device_).view({-1, 1}), state_);  // (R, 1, D)
  return {model_->head().logits(hidden.select(1, 0)).view({tokens.size(0), tokens.size(1), -1}), {}};
}

void LanguageScorer::keep(const at::Tensor& sentence_rows) {
  const c10::InferenceMode inference;
  shape_.sentences = sentence_rows.size(0);
  state_.keep(sentence_rows.to(device_));
}

void LanguageScorer::reorder(const at::Tensor& hypothesis_rows) {
  const c10::InferenceMode inference;
  const at::Tensor rows = hypothesis_rows.flatten();
  std::vector<std::vector<std::int64_t>> next;
  for (std::int64_t i = 0; i < rows.size(0); ++i) next.push_back(seen_[rows.const_data_ptr<std::int64_t>()[i]]);
  seen_ = std::move(next);
  state_.reorder(rows.to(device_));
}

}  // namespace attend
