#include "attend/decoding/beam_search.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <tuple>

#include "attend/kernels/top_k.h"

#include "search.h"

namespace attend {
namespace {

class BeamSearch final : public Search {
 public:
  BeamSearch(Scorer& scorer, const SearchOptions& options)
      : Search(scorer, options, options.decoding.beam_size),
        wanted_(options.decoding.candidates * beams()),
        enough_(std::ceil(static_cast<double>(beams()) * options.decoding.stop.patience - 1e-9)) {}

 private:
  void look(const at::Tensor& logits) override {
    if (rules().empty()) {
      best_ = kernels::top_k(logits, wanted_, rules().never());
      follow_constraints(logits, {});
      return;
    }
    const LogitsRules::Result step = rules().apply(logits, rows_so_far());
    follow_constraints(step.log_probs, step.ruled);
    best_ = kernels::top_k(step.ruled, wanted_, {});
    own_.resize(best_.ids.size());
    for (std::size_t i = 0; i < best_.ids.size(); ++i) {
      const std::int64_t at = static_cast<std::int64_t>(i) / best_.count * logits.size(1) + best_.ids[i];
      best_.log_probs[i] = step.ruled.const_data_ptr<float>()[at];
      own_[i] = step.log_probs.const_data_ptr<float>()[at];
    }
  }

  std::vector<Continuation> continuations(const Sentence& sentence, std::int64_t first_row) const override {
    auto best = best_continuations(sentence, first_row);
    if (sentence.constraints == nullptr) return best;
    auto shared_out = share_out(sentence, first_row, best);
    return shared_out.empty() && sentence.finished.empty() ? best : shared_out;
  }

  // The best candidates x beams continuations of all hypotheses.
  std::vector<Continuation> best_continuations(const Sentence& sentence, std::int64_t first_row) const {
    std::vector<Continuation> all;
    for (std::size_t k = 0; k < sentence.beam.size(); ++k) add_best(sentence, first_row, k, best_.count, all);
    const auto wanted = std::min<std::size_t>(wanted_, all.size());
    std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(wanted), all.end());
    all.resize(wanted);
    return all;
  }

  // Those of hypothesis k, `count` at most.
  void add_best(const Sentence& sentence, std::int64_t first_row, std::size_t k, std::int64_t count,
                std::vector<Continuation>& all) const {
    const auto& own = rules().empty() ? best_.log_probs : own_;
    const std::int64_t begin = (first_row + static_cast<std::int64_t>(k)) * best_.count;
    for (std::int64_t i = begin; i < begin + std::min(count, best_.count); ++i) {
      const double rank = sentence.beam[k].rank + best_.log_probs[i];
      if (rank != kDead) all.push_back({rank, static_cast<std::int64_t>(k), best_.ids[i], own[i]});
    }
  }

  // How far each hypothesis with constraints is, and what brings it nearer. (rows, V): logits, or where rules are on
  // log-probabilities and what the rules made of them.
  void follow_constraints(const at::Tensor& log_probs, const at::Tensor& ruled) {
    followed_.assign(static_cast<std::size_t>(log_probs.size(0)), std::nullopt);
    std::vector<std::int64_t> rows;
    for (std::size_t s = 0; s < sentences().size(); ++s)
      for (std::int64_t k = 0; sentences()[s].constraints != nullptr && k < width(); ++k)
        if (sentences()[s].beam[k].rank != kDead) rows.push_back(static_cast<std::int64_t>(s) * width() + k);
    if (rows.empty()) return;
    const at::Tensor picked = at::tensor(rows, at::kLong).to(log_probs.device());
    at::Tensor own = log_probs.index_select(0, picked).to(at::kFloat);
    own = (ruled.defined() ? own : own.log_softmax(-1)).cpu().contiguous();  // sync
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const float* ranks = ruled.defined() ? ruled.const_data_ptr<float>() + rows[i] * ruled.size(1) : nullptr;
      follow(rows[i], own.const_data_ptr<float>() + static_cast<std::int64_t>(i) * own.size(1), ranks);
    }
  }

  // What a constraint asks for is not forbidden by rules.
  void follow(std::int64_t row, const float* own, const float* ruled) {
    const Sentence& sentence = sentences()[row / width()];
    const Live& live = sentence.beam[row % width()];
    auto& [state, next] = followed_[row].emplace(Followed{{*sentence.constraints, tokens_of(live)}, {}});
    for (const std::int32_t token : state.next()) {
      const bool allowed = ruled != nullptr && ruled[token] != static_cast<float>(kDead);
      next.push_back({live.rank + (allowed ? ruled[token] : own[token]), row % width(), token, own[token]});
    }
  }

  // Dynamic beam allocation (Post & Vilar 2018; Hu et al. 2019): to the best continuations come the best two of each
  // hypothesis and the tokens that its constraints ask for. They lie in banks by the tokens still missing; the best of each
  // bank come first, the banks with fewest missing before others, then the second ones, and so on.
  std::vector<Continuation> share_out(const Sentence& sentence, std::int64_t first_row, std::vector<Continuation> all) const {
    for (std::size_t k = 0; k < sentence.beam.size(); ++k) {
      add_best(sentence, first_row, k, 2, all);
      if (const auto& followed = followed_[first_row + static_cast<std::int64_t>(k)])
        std::copy_if(followed->next.begin(), followed->next.end(), std::back_inserter(all), [](const auto& c) { return c.rank != kDead; });
    }
    const auto name = [](const Continuation& c) { return std::pair(c.origin, c.token); };
    std::stable_sort(all.begin(), all.end(), [&](const auto& a, const auto& b) { return name(a) < name(b); });
    all.erase(std::unique(all.begin(), all.end(), [&](const auto& a, const auto& b) { return name(a) == name(b); }), all.end());
    std::sort(all.begin(), all.end());

    std::map<std::int64_t, std::int64_t> sizes;                             // of banks, by the tokens missing
    std::vector<std::tuple<std::int64_t, std::int64_t, std::size_t>> order;  // place in the bank, tokens missing, place in `all`
    for (std::size_t i = 0; i < all.size(); ++i)
      if (const auto missing = allowed_missing(sentence, first_row, all[i])) order.emplace_back(sizes[*missing]++, *missing, i);
    std::sort(order.begin(), order.end());
    std::vector<Continuation> result;
    for (const auto& [place, missing, i] : order) result.push_back(all[i]);
    return result;
  }

  // Tokens missing behind a continuation; nothing where it must not be: an end before all is held, or with too few tokens
  // left for what is missing and the end symbol.
  std::optional<std::int64_t> allowed_missing(const Sentence& sentence, std::int64_t first_row, const Continuation& next) const {
    const ConstraintState& state = followed_[first_row + next.origin]->state;
    const bool ends = next.token == options().special.eos;
    const std::int64_t missing = ends ? state.missing() : state.then(next.token).missing();
    const std::int64_t left = ends ? 0 : std::max<std::int64_t>(0, sentence.limit - tokens() - 1);
    return missing <= left ? std::optional(missing) : std::nullopt;
  }

  bool is_done(const Sentence& sentence) const override {
    const auto finished = static_cast<double>(sentence.finished.size());
    switch (options().decoding.stop.rule) {
      case StopRule::finished: return finished >= enough_;
      case StopRule::bound: return finished >= static_cast<double>(options().nbest) && !can_still_win(sentence);
    }
    return true;
  }

  // A log-probability only falls, so the best end is to reach the limit at no cost: there the penalty divides most.
  bool can_still_win(const Sentence& sentence) const {
    const auto best = std::max_element(sentence.beam.begin(), sentence.beam.end(), [](const Live& a, const Live& b) { return a.rank < b.rank; });
    const double hope = length_normalised(options().decoding.length_penalty, best->rank, sentence.limit - forced());
    const auto better = std::count_if(sentence.finished.begin(), sentence.finished.end(),
                                      [&](const Hypothesis& h) { return h.score >= hope; });
    return better < options().nbest;
  }

  struct Followed {
    ConstraintState state;
    std::vector<Continuation> next;  // what its constraints ask for
  };

  const std::int64_t wanted_;  // continuations looked at
  const double enough_;        // finished hypotheses; 1e-9 because 10 x 0.7 is a little more than 7
  kernels::TopK best_;         // of the step; its values rank
  std::vector<float> own_;     // where rules are on: the model's own log-probabilities of best_
  std::vector<std::optional<Followed>> followed_;  // of each row; nothing without constraints
};

}  // namespace

std::vector<std::vector<Hypothesis>> beam_search(Scorer& scorer, const SourceBatch& batch, const SearchOptions& options) {
  return BeamSearch(scorer, options).run(batch);
}

}  // namespace attend
