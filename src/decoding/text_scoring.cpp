// R windows together, L tokens of the longest, D model.
#include "attend/decoding/text_scoring.h"

#include <c10/core/InferenceMode.h>
#include <torch/types.h>

#include <algorithm>

#include "token_log_probs.h"

namespace attend {
namespace {

constexpr std::int64_t kMostTokens = 1 << 16, kMostPairs = 1 << 22;  // R L and R L^2 at a time

std::int64_t windows_together(std::int64_t length) {
  return std::max<std::int64_t>(1, std::min(kMostTokens / length, kMostPairs / length / length));
}

using Places = std::vector<std::int64_t>;

at::Tensor row_of(const Places& tokens, std::int64_t width) {
  auto row = torch::zeros({width}, torch::kInt64);
  std::copy(tokens.begin(), tokens.end(), row.mutable_data_ptr<std::int64_t>());
  return row;
}

// Hidden states (places, D), place by place, of all of the text: what follows its last token is not asked.
class Reader {
 public:
  Reader(LanguageModel& model, const Places& text, const TextWindow& window)
      : model_(model), text_(text), window_(window) {
    if (window_.remembers) state_ = model_.make_state({1, 1, std::min(window_.context, size()), window_.context});
  }
  bool done() const { return place_ >= size(); }
  at::Tensor next() { return window_.remembers ? next_segment() : next_windows(); }

 private:
  std::int64_t size() const { return static_cast<std::int64_t>(text_.size()); }
  std::int64_t end() const { return std::min(window_.end(place_), size()); }

  // Each window once, several together. No token sees those behind it, so what fills up a shorter row does not matter.
  at::Tensor next_windows() {
    const auto together = windows_together(std::min(window_.context, size()));
    std::vector<Places> rows;
    Places wanted;  // of each row how many at its end
    std::size_t width = 0;
    for (; !done() && static_cast<std::int64_t>(rows.size()) < together; place_ = end()) {
      rows.push_back(window_.seen(text_, end() - 1));
      wanted.push_back(end() - place_);
      width = std::max(width, rows.back().size());
    }
    std::vector<at::Tensor> tokens, parts;
    for (const auto& row : rows) tokens.push_back(row_of(row, static_cast<std::int64_t>(width)));
    const auto hidden = model_.hidden({torch::stack(tokens).to(model_.head().device())}, {});  // (R, L, D)
    for (std::size_t r = 0; r < rows.size(); ++r)
      parts.push_back(hidden[static_cast<std::int64_t>(r)].narrow(
          0, static_cast<std::int64_t>(rows[r].size()) - wanted[r], wanted[r]));
    return torch::cat(parts);
  }

  at::Tensor next_segment() {
    const Places part(text_.begin() + place_, text_.begin() + end());
    const auto tokens = torch::tensor(part, torch::kInt64).unsqueeze(0).to(model_.head().device());
    const auto remembered = torch::full({1}, place_ - window_.first(place_), tokens.options());
    place_ = end();
    return model_.advance(tokens, state_, {}, remembered).squeeze(0);
  }

  LanguageModel& model_;
  const Places& text_;
  const TextWindow& window_;
  DecoderState state_;
  std::int64_t place_ = 0;
};

}  // namespace

std::vector<float> score_tokens(LanguageModel& model, std::span<const std::int32_t> ids, const TextWindow& window) {
  if (ids.size() < 2) return {};
  const c10::InferenceMode inference;
  const Places read(ids.begin(), ids.end() - 1), next(ids.begin() + 1, ids.end());
  const auto following = torch::tensor(next, torch::kInt64).to(model.head().device());
  std::vector<float> scores;
  for (Reader reader(model, read, window); !reader.done();) {
    const auto hidden = reader.next();
    const auto labels = following.narrow(0, static_cast<std::int64_t>(scores.size()), hidden.size(0));
    const auto values = token_log_probs(model.head(), hidden, labels).cpu().contiguous();  // sync
    scores.insert(scores.end(), values.const_data_ptr<float>(), values.const_data_ptr<float>() + values.size(0));
  }
  return scores;
}

}  // namespace attend
