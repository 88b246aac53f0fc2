#include "constrained_beam.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>
#include <span>
#include <tuple>
#include <utility>

namespace attend {

void ConstrainedBeam::see(const at::Tensor& logits, const at::Tensor& ruled) {
  followed_.assign(static_cast<std::size_t>(logits.size(0)), std::nullopt);
  const auto rows = constrained_rows();
  if (rows.empty()) return;
  at::Tensor own = logits.index_select(0, at::tensor(rows, at::kLong).to(logits.device())).to(at::kFloat);
  own = (ruled.defined() ? own : own.log_softmax(-1)).cpu().contiguous();  // sync
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const float* ranks = ruled.defined() ? ruled.const_data_ptr<float>() + rows[i] * ruled.size(1) : nullptr;
    follow(rows[i], own.const_data_ptr<float>() + static_cast<std::int64_t>(i) * own.size(1), ranks);
  }
}

std::vector<std::int64_t> ConstrainedBeam::constrained_rows() const {
  std::vector<std::int64_t> rows;
  for (std::size_t s = 0; s < sentences().size(); ++s)
    for (std::int64_t k = 0; sentences()[s].constraints != nullptr && k < width(); ++k)
      if (sentences()[s].beam[static_cast<std::size_t>(k)].rank != kDead)
        rows.push_back(static_cast<std::int64_t>(s) * width() + k);
  return rows;
}

// A tag is taken off afterwards, so what it holds does not count.
ConstraintState ConstrainedBeam::state_of(const Sentence& sentence, const Live& live) const {
  const auto tokens = tokens_of(live);
  return {*sentence.constraints, std::span(tokens).subspan(sentence.tag), sentence.tag > 0};
}

// Rules do not forbid what a constraint asks for: the model's own log-probability ranks it then.
void ConstrainedBeam::follow(std::int64_t row, const float* own, const float* ruled) {
  const Sentence& sentence = sentences()[static_cast<std::size_t>(row / width())];
  const Live& live = sentence.beam[static_cast<std::size_t>(row % width())];
  auto& followed = followed_[static_cast<std::size_t>(row)].emplace(Followed{state_of(sentence, live), {}});
  auto tokens = followed.state.next();
  const std::int32_t eos = options().special.eos;
  if (tokens.empty() && rules().may_end() && (ruled == nullptr || ruled[eos] != static_cast<float>(kDead)))
    tokens.push_back(eos);
  for (const std::int32_t token : tokens) {
    const bool forbidden = ruled == nullptr || ruled[token] == static_cast<float>(kDead);
    const double rank = live.rank + (forbidden ? own[token] : ruled[token]);
    if (rank != kDead) followed.asked.push_back({rank, row % width(), token, own[token]});
  }
}

// The candidates lie in banks by the tokens that are still missing. The best of each bank come first, the bank with the
// fewest missing before the others; then the second ones, and so on. An unlikely end comes where nothing else may, as
// what is likely would break a phrase for which no room is left. Where nothing leads to all constraints, as the model
// gives their tokens no probability at all, the search goes on without them.
std::vector<Continuation> ConstrainedBeam::continuations(const Sentence& sentence, std::int64_t first_row) const {
  if (sentence.constraints == nullptr) return BeamSearch::continuations(sentence, first_row);
  const auto all = candidates(sentence, first_row);
  std::map<std::int64_t, std::int64_t> banks;                              // tokens missing -> candidates so far
  std::vector<std::tuple<std::int64_t, std::int64_t, std::size_t>> order;  // place in the bank, tokens missing, which
  for (std::size_t i = 0; i < all.size(); ++i)
    if (const auto missing = missing_behind(sentence, first_row, all[i]))
      order.emplace_back(banks[*missing]++, *missing, i);
  if (order.empty() && sentence.finished.empty()) {
    const auto ends = all_asked(sentence, first_row, true);
    return ends.empty() ? BeamSearch::continuations(sentence, first_row) : ends;
  }
  std::sort(order.begin(), order.end());
  std::vector<Continuation> shared_out;
  for (const auto& [place, missing, i] : order) shared_out.push_back(all[i]);
  return shared_out;
}

// Of all hypotheses: the ends of those that hold everything, or what the constraints of the others ask for; best first.
std::vector<Continuation> ConstrainedBeam::all_asked(const Sentence& sentence, std::int64_t first_row,
                                                     bool ends) const {
  std::vector<Continuation> all;
  for (std::size_t k = 0; k < sentence.beam.size(); ++k)
    if (const auto& followed = followed_[static_cast<std::size_t>(first_row) + k])
      std::copy_if(followed->asked.begin(), followed->asked.end(), std::back_inserter(all),
                   [&](const Continuation& next) { return (next.token == options().special.eos) == ends; });
  std::sort(all.begin(), all.end());
  return all;
}

// The usual ones, the best two of each hypothesis (one of them goes on), and what the constraints ask for; best first.
std::vector<Continuation> ConstrainedBeam::candidates(const Sentence& sentence, std::int64_t first_row) const {
  auto all = BeamSearch::continuations(sentence, first_row);
  for (std::size_t k = 0; k < sentence.beam.size(); ++k) add_best(sentence, first_row, k, 2, all);
  const auto asked = all_asked(sentence, first_row, false);
  all.insert(all.end(), asked.begin(), asked.end());
  const auto name = [](const Continuation& next) { return std::pair(next.origin, next.token); };
  std::stable_sort(all.begin(), all.end(), [&](const auto& a, const auto& b) { return name(a) < name(b); });
  all.erase(std::unique(all.begin(), all.end(), [&](const auto& a, const auto& b) { return name(a) == name(b); }),
            all.end());
  std::sort(all.begin(), all.end());
  return all;
}

// Tokens missing behind a continuation. Nothing where it may not come: an end before all is held, or what leaves too
// few tokens for what is missing and the end symbol.
std::optional<std::int64_t> ConstrainedBeam::missing_behind(const Sentence& sentence, std::int64_t first_row,
                                                            const Continuation& next) const {
  const ConstraintState& state = followed_[static_cast<std::size_t>(first_row + next.origin)]->state;
  const bool ends = next.token == options().special.eos;
  const std::int64_t missing = ends ? state.missing() : state.then(next.token).missing();
  const std::int64_t left = ends ? 0 : std::max<std::int64_t>(0, sentence.limit - tokens() - 1);
  return missing <= left ? std::optional(missing) : std::nullopt;
}

}  // namespace attend
