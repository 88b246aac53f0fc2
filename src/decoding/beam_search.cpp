#include "attend/decoding/beam_search.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cmath>

#include "beam.h"
#include "constrained_beam.h"

namespace attend {
namespace {

// Rules that can make a token likelier than certain take the ground from under a bound.
StopRule stop_of(const SearchOptions& options) {
  const DecodingConfig& decoding = options.decoding;
  const bool may_rise = decoding.presence_penalty < 0 || decoding.frequency_penalty < 0 ||
                        std::any_of(options.biases.begin(), options.biases.end(),
                                    [](const TokenBias& bias) { return bias.bias > 0; });
  return may_rise ? StopRule::finished : decoding.stop.rule;
}

}  // namespace

// 1e-9 because 10 x 0.7 is a little more than 7.
BeamSearch::BeamSearch(Scorer& scorer, const SearchOptions& options)
    : Search(scorer, options, options.decoding.beam_size),
      wanted_(options.decoding.candidates * beams()),
      enough_(std::ceil(static_cast<double>(beams()) * options.decoding.stop.patience - 1e-9)),
      stop_(stop_of(options)) {}

void BeamSearch::look(const at::Tensor& logits) {
  if (rules().empty()) {
    best_ = kernels::top_k(logits, wanted_, rules().never());
    see(logits, {});
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
  see(step.log_probs, step.ruled);
}

std::vector<Continuation> BeamSearch::continuations(const Sentence& sentence, std::int64_t first_row) const {
  std::vector<Continuation> all;
  for (std::size_t k = 0; k < sentence.beam.size(); ++k) add_best(sentence, first_row, k, best_.count, all);
  const auto wanted = std::min<std::size_t>(wanted_, all.size());
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(wanted), all.end());
  all.resize(wanted);
  return all;
}

void BeamSearch::add_best(const Sentence& sentence, std::int64_t first_row, std::size_t k, std::int64_t count,
                          std::vector<Continuation>& all) const {
  const auto& own = rules().empty() ? best_.log_probs : own_;
  const std::int64_t begin = (first_row + static_cast<std::int64_t>(k)) * best_.count;
  for (std::int64_t i = begin; i < begin + std::min(count, best_.count); ++i) {
    const double rank = sentence.beam[k].rank + best_.log_probs[i];
    if (rank != kDead) all.push_back({rank, static_cast<std::int64_t>(k), best_.ids[i], own[i]});
  }
}

bool BeamSearch::is_done(const Sentence& sentence) const {
  const auto finished = static_cast<double>(sentence.finished.size());
  switch (stop_) {
    case StopRule::finished: return finished >= enough_;
    case StopRule::bound: return finished >= static_cast<double>(options().nbest) && !can_still_win(sentence);
  }
  return true;
}

// Asked where a rank only falls, so the best end is to reach the limit at no cost: there the penalty divides most.
bool BeamSearch::can_still_win(const Sentence& sentence) const {
  double best = kDead;
  for (const Live& live : sentence.beam) best = std::max(best, live.rank);
  const double hope = length_normalised(options().decoding.length_penalty, best, sentence.limit - forced());
  const auto better = std::count_if(sentence.finished.begin(), sentence.finished.end(),
                                    [&](const Hypothesis& h) { return h.score >= hope; });
  return better < options().nbest;
}

std::vector<std::vector<Hypothesis>> beam_search(Scorer& scorer, const SourceBatch& batch,
                                                 const SearchOptions& options) {
  const bool constrained =
      std::any_of(batch.constraints.begin(), batch.constraints.end(), [](const auto* c) { return c != nullptr; });
  return constrained ? ConstrainedBeam(scorer, options).run(batch) : BeamSearch(scorer, options).run(batch);
}

}  // namespace attend
