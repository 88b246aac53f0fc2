// R hypotheses (rows), t tokens, D model.
#include "attend/decoding/language_scorer.h"

#include <c10/core/InferenceMode.h>
#include <torch/types.h>

#include <algorithm>
#include <set>

#include "attend/core/interrupt.h"

namespace attend {

LanguageScorer::LanguageScorer(std::shared_ptr<LanguageModel> model, const TextWindow& window)
    : model_(std::move(model)), device_(model_->parameters().front().device()), window_(window) {}

// What InferenceMode makes may only be changed within it, so every call that touches the state opens it.

// All of a prompt but its last token, which the first step appends.
void LanguageScorer::begin(const SourceBatch& batch, const SearchBounds& bounds) {
  const c10::InferenceMode inference;
  constexpr std::int64_t kFirstNew = 64;  // states grow when there are more
  rows_.clear();
  for (std::size_t b = 0; b < batch.lengths.size(); ++b) {
    const std::span text{batch.ids.const_data_ptr<std::int64_t>() + static_cast<std::int64_t>(b) * batch.ids.size(1),
                         static_cast<std::size_t>(batch.lengths[b])};
    const auto last = batch.lengths[b] - 1;
    Row& row = rows_.emplace_back(Row{last, window_.first(last), {}});
    row.held = window_.remembers ? std::vector(text.begin(), text.end()) : window_.seen(text, last);
    row.held.pop_back();
  }
  const std::int64_t longest = batch.ids.size(1) + std::min(bounds.tokens, kFirstNew);
  shape_ = {batch.ids.size(0), bounds.beams, std::min(longest, window_.context),
            window_.remembers ? window_.context : 0};
  take_in();
}

// A fresh state of what is held, padded on the left.
void LanguageScorer::take_in() {
  state_ = model_->make_state(shape_);
  std::size_t width = 0, least = rows_.front().held.size();
  for (const Row& row : rows_) {
    width = std::max(width, row.held.size());
    least = std::min(least, row.held.size());
  }
  if (width == 0) return;
  at::Tensor tokens =
      torch::zeros({static_cast<std::int64_t>(rows_.size()), static_cast<std::int64_t>(width)}, torch::kInt64);
  at::Tensor valid = torch::zeros(tokens.sizes(), torch::kBool);  // (R, t)
  auto* token = tokens.mutable_data_ptr<std::int64_t>();
  auto* real = valid.mutable_data_ptr<bool>();
  for (const Row& row : rows_) {
    token += width;
    real += width;
    std::copy(row.held.begin(), row.held.end(), token - row.held.size());
    std::fill(real - row.held.size(), real, true);
  }
  valid = least == width ? at::Tensor() : valid.to(device_);
  throw_if_interrupted();
  if (window_.remembers) read_segments(tokens.to(device_), valid);
  else model_->advance(tokens.to(device_), state_, valid);
}

// Parts in which no row changes what it remembers: each ends where a segment of some row does.
void LanguageScorer::read_segments(const at::Tensor& tokens, const at::Tensor& valid) {
  const std::int64_t width = tokens.size(1);
  std::set<std::int64_t> ends{width};
  for (const Row& row : rows_)
    for (auto place = window_.end(0); place < row.length; place = window_.end(place))
      ends.insert(width - row.length + place);
  std::int64_t begin = 0;
  for (const std::int64_t end : ends) {
    throw_if_interrupted();
    model_->advance(tokens.narrow(1, begin, end - begin), state_,
                    valid.defined() ? valid.narrow(1, begin, end - begin) : valid, remembered(width - begin));
    begin = end;
  }
  for (Row& row : rows_) row.held.clear();
}

// (R): of the places before the last `new_places` how many each row sees.
at::Tensor LanguageScorer::remembered(std::int64_t new_places) const {
  if (!window_.remembers) return {};
  std::vector<std::int64_t> places;
  for (const Row& row : rows_) {
    const auto place = std::max<std::int64_t>(0, row.length - new_places);
    places.push_back(place - window_.first(place));
  }
  return torch::tensor(places, torch::kInt64).to(device_);
}

// Where a window is full, what it loses goes from all that was held, and the state is made again.
void LanguageScorer::make_room() {
  bool any = false;
  for (Row& row : rows_) {
    const auto gone = window_.first(row.length) - row.first;
    if (window_.remembers || gone == 0) continue;
    row.first += gone;
    const auto begin = row.held.begin() + static_cast<std::ptrdiff_t>(window_.keep_first);
    row.held.erase(begin, begin + static_cast<std::ptrdiff_t>(gone));
    any = true;
  }
  if (any) take_in();
}

StepOutput LanguageScorer::step(const at::Tensor& tokens) {
  const c10::InferenceMode inference;
  make_room();
  const auto* token = tokens.const_data_ptr<std::int64_t>();
  const auto places = remembered(0);
  for (Row& row : rows_) {
    ++row.length;
    if (!window_.remembers) row.held.push_back(*token);
    ++token;
  }
  const auto hidden = model_->advance(tokens.to(device_).view({-1, 1}), state_, {}, places);  // (R, 1, D)
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
  std::vector<Row> next;
  for (std::int64_t i = 0; i < rows.size(0); ++i) next.push_back(rows_[rows.const_data_ptr<std::int64_t>()[i]]);
  rows_ = std::move(next);
  state_.reorder(rows.to(device_));
}

}  // namespace attend
