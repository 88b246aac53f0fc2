#include "attend/decoding/beam_search.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "attend/core/error.h"
#include "attend/kernels/top_k.h"

namespace attend {
namespace {

constexpr double kDead = -std::numeric_limits<double>::infinity();

struct Live {
  std::int64_t node = TokenTree::kStart;
  std::int64_t origin = 0;  // the place in the beam of a step ago that it continues
  double log_prob = 0;      // kDead: fills up a beam
};

struct Candidate {
  double log_prob;
  std::int64_t origin;
  std::int32_t token;
  float step_log_prob;

  bool operator<(const Candidate& other) const {  // better first, ties in a fixed order
    if (log_prob != other.log_prob) return log_prob > other.log_prob;
    return origin != other.origin ? origin < other.origin : token < other.token;
  }
};

struct Sentence {
  std::size_t index;   // in the batch given
  std::int64_t limit;  // tokens
  std::vector<Live> beam;
  std::vector<Hypothesis> finished;
};

class Search {
 public:
  Search(Scorer& scorer, const SearchOptions& options)
      : scorer_(scorer), options_(options), beams_(options.decoding.beam_size),
        enough_(std::ceil(static_cast<double>(beams_) * options.decoding.stop.patience - 1e-9)),
        never_{options.special.pad, options.special.bos} {}

  std::vector<std::vector<Hypothesis>> run(const SourceBatch& batch) {
    begin(batch);
    while (!sentences_.empty()) step();
    return std::move(results_);
  }

 private:
  void begin(const SourceBatch& batch) {
    std::int64_t longest = 0;
    for (const std::int64_t length : batch.lengths) {
      sentences_.push_back({sentences_.size(), output_limit(options_.decoding, length), {Live{}}, {}});
      longest = std::max(longest, sentences_.back().limit);
    }
    results_.resize(sentences_.size());
    if (!sentences_.empty()) scorer_.begin(batch, beams_, longest);
  }

  void step() {
    const at::Tensor logits = scorer_.step(last_tokens()).logits;
    const kernels::TopK best = kernels::top_k(logits.flatten(0, 1), options_.decoding.candidates * beams_, never_);
    const std::int64_t width = width_;
    ++tokens_;
    width_ = beams_;
    std::vector<std::int64_t> kept;
    for (std::size_t s = 0; s < sentences_.size(); ++s) {
      advance(sentences_[s], best, static_cast<std::int64_t>(s) * width);
      if (is_done(sentences_[s])) deliver(sentences_[s]);
      else kept.push_back(static_cast<std::int64_t>(s));
    }
    go_on(kept, width);
  }

  // (B, K): what each hypothesis ends with.
  at::Tensor last_tokens() const {
    std::vector<std::int64_t> tokens;
    for (const Sentence& sentence : sentences_)
      for (const Live& live : sentence.beam)
        tokens.push_back(live.node == TokenTree::kStart ? options_.special.bos : tree_[live.node].token);
    return at::tensor(tokens, at::kLong).view({-1, width_});
  }

  // One step of one sentence, whose hypotheses are the rows from `first_row` on.
  void advance(Sentence& sentence, const kernels::TopK& best, std::int64_t first_row) {
    const auto candidates = best_candidates(sentence, best, first_row);
    const bool at_limit = tokens_ >= sentence.limit;
    std::vector<Live> next;
    for (std::size_t rank = 0; rank < candidates.size(); ++rank) {
      const Candidate& candidate = candidates[rank];
      const TokenTree::Node node{sentence.beam[candidate.origin].node, candidate.token, candidate.step_log_prob};
      if (at_limit || candidate.token == options_.special.eos) {
        if (static_cast<std::int64_t>(rank) < beams_) sentence.finished.push_back(finish(node));
      } else if (static_cast<std::int64_t>(next.size()) < beams_) {
        next.push_back({tree_.add(node), candidate.origin, candidate.log_prob});
      }
    }
    sentence.beam = std::move(next);
  }

  // The best candidates x beams continuations of all hypotheses, sorted.
  std::vector<Candidate> best_candidates(const Sentence& sentence, const kernels::TopK& best, std::int64_t first_row) const {
    std::vector<Candidate> all;
    for (std::size_t k = 0; k < sentence.beam.size(); ++k) {
      const double so_far = sentence.beam[k].log_prob;
      const std::int64_t begin = (first_row + static_cast<std::int64_t>(k)) * best.count;
      for (std::int64_t i = begin; i < begin + best.count; ++i) {
        const double log_prob = so_far + best.log_probs[i];
        if (log_prob != kDead) all.push_back({log_prob, static_cast<std::int64_t>(k), best.ids[i], best.log_probs[i]});
      }
    }
    const auto wanted = std::min<std::size_t>(options_.decoding.candidates * beams_, all.size());
    std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(wanted), all.end());
    all.resize(wanted);
    return all;
  }

  Hypothesis finish(const TokenTree::Node& last) const {
    Hypothesis hypothesis = tree_.path(last);
    hypothesis.score = length_normalised(options_.decoding.length_penalty, hypothesis.log_prob, hypothesis.tokens());
    return hypothesis;
  }

  bool is_done(const Sentence& sentence) const {
    if (sentence.beam.empty()) return true;  // at the limit, or every continuation has ended
    const auto finished = static_cast<double>(sentence.finished.size());
    switch (options_.decoding.stop.rule) {
      case StopRule::finished: return finished >= enough_;
      case StopRule::bound: return finished >= static_cast<double>(options_.nbest) && !can_still_win(sentence);
    }
    return true;
  }

  // A log-probability only falls, so the best end is to reach the limit at no cost: there the penalty divides most.
  bool can_still_win(const Sentence& sentence) const {
    const double hope =
        length_normalised(options_.decoding.length_penalty, sentence.beam.front().log_prob, sentence.limit);
    const auto better = std::count_if(sentence.finished.begin(), sentence.finished.end(),
                                      [&](const Hypothesis& h) { return h.score >= hope; });
    return better < options_.nbest;
  }

  void deliver(Sentence& sentence) {
    if (sentence.finished.empty()) throw ModelError("[decoding] expected a token to choose, got none with a probability above 0");
    auto& best = results_[sentence.index];
    best = std::move(sentence.finished);
    std::stable_sort(best.begin(), best.end(), [](const auto& a, const auto& b) { return a.score > b.score; });
    best.resize(std::min<std::size_t>(best.size(), options_.nbest));
  }

  // Drops the done sentences and tells the scorer which hypotheses of a step ago (`width` a sentence) go on.
  void go_on(const std::vector<std::int64_t>& kept, std::int64_t width) {
    bool moved = width != width_;
    if (kept.size() < sentences_.size()) {
      moved = true;
      for (std::size_t i = 0; i < kept.size(); ++i) std::swap(sentences_[i], sentences_[kept[i]]);
      sentences_.resize(kept.size());
      if (kept.empty()) return;
      scorer_.keep(at::tensor(kept, at::kLong));
    }
    std::vector<std::int64_t> rows;
    for (std::size_t s = 0; s < kept.size(); ++s) {
      auto& beam = sentences_[s].beam;
      for (std::int64_t k = static_cast<std::int64_t>(beam.size()); k < width_; ++k)
        beam.push_back({beam.front().node, std::min(k, width - 1), kDead});
      for (std::int64_t k = 0; k < width_; ++k) {
        moved = moved || beam[k].origin != k;
        rows.push_back(kept[s] * width + beam[k].origin);
      }
    }
    if (moved) scorer_.reorder(at::tensor(rows, at::kLong).view({-1, width_}));
  }

  Scorer& scorer_;
  const SearchOptions& options_;
  const std::int64_t beams_;
  const double enough_;  // finished hypotheses; 1e-9 because 10 x 0.7 is a little more than 7
  const std::vector<std::int32_t> never_;
  std::int64_t tokens_ = 0;  // generated so far
  std::int64_t width_ = 1;   // hypotheses a sentence: one before the first step
  TokenTree tree_;
  std::vector<Sentence> sentences_;  // those not done
  std::vector<std::vector<Hypothesis>> results_;
};

}  // namespace

std::vector<std::vector<Hypothesis>> beam_search(Scorer& scorer, const SourceBatch& batch, const SearchOptions& options) {
  return Search(scorer, options).run(batch);
}

}  // namespace attend
