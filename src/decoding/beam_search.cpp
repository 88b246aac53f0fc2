#include "attend/decoding/beam_search.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cmath>

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
      return;
    }
    const LogitsRules::Result step = rules().apply(logits, rows_so_far());
    best_ = kernels::top_k(step.ruled, wanted_, {});
    own_.resize(best_.ids.size());
    for (std::size_t i = 0; i < best_.ids.size(); ++i) {
      const std::int64_t at = static_cast<std::int64_t>(i) / best_.count * logits.size(1) + best_.ids[i];
      best_.log_probs[i] = step.ruled.const_data_ptr<float>()[at];
      own_[i] = step.log_probs.const_data_ptr<float>()[at];
    }
  }

  // The best candidates x beams continuations of all hypotheses.
  std::vector<Continuation> continuations(const Sentence& sentence, std::int64_t first_row) const override {
    const auto& own = rules().empty() ? best_.log_probs : own_;
    std::vector<Continuation> all;
    for (std::size_t k = 0; k < sentence.beam.size(); ++k) {
      const double so_far = sentence.beam[k].rank;
      const std::int64_t begin = (first_row + static_cast<std::int64_t>(k)) * best_.count;
      for (std::int64_t i = begin; i < begin + best_.count; ++i) {
        const double rank = so_far + best_.log_probs[i];
        if (rank != kDead) all.push_back({rank, static_cast<std::int64_t>(k), best_.ids[i], own[i]});
      }
    }
    const auto wanted = std::min<std::size_t>(wanted_, all.size());
    std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(wanted), all.end());
    all.resize(wanted);
    return all;
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
    const double hope =
        length_normalised(options().decoding.length_penalty, sentence.beam.front().rank, sentence.limit - forced());
    const auto better = std::count_if(sentence.finished.begin(), sentence.finished.end(),
                                      [&](const Hypothesis& h) { return h.score >= hope; });
    return better < options().nbest;
  }

  const std::int64_t wanted_;  // continuations looked at
  const double enough_;        // finished hypotheses; 1e-9 because 10 x 0.7 is a little more than 7
  kernels::TopK best_;         // of the step; its values rank
  std::vector<float> own_;     // where rules are on: the model's own log-probabilities of best_
};

}  // namespace

std::vector<std::vector<Hypothesis>> beam_search(Scorer& scorer, const SourceBatch& batch, const SearchOptions& options) {
  return BeamSearch(scorer, options).run(batch);
}

}  // namespace attend
