// Beam search: which continuations are taken, and when a sentence is done.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "attend/kernels/top_k.h"

#include "search.h"

namespace attend {

class BeamSearch : public Search {
 public:
  BeamSearch(Scorer& scorer, const SearchOptions& options);

 protected:
  // The best candidates x beams continuations of all hypotheses.
  std::vector<Continuation> continuations(const Sentence& sentence, std::int64_t first_row) const override;
  // At most `count` of those of hypothesis k, best first.
  void add_best(const Sentence& sentence, std::int64_t first_row, std::size_t k, std::int64_t count,
                std::vector<Continuation>& all) const;
  // Sees (rows, V): the logits of a step or, where rules are on, log-probabilities and what the rules made of them.
  virtual void see(const at::Tensor& /*logits*/, const at::Tensor& /*ruled*/) {}

 private:
  void look(const at::Tensor& logits) final;
  bool is_done(const Sentence& sentence) const final;
  bool can_still_win(const Sentence& sentence) const;

  const std::int64_t wanted_;  // continuations looked at
  const double enough_;        // finished hypotheses
  const StopRule stop_;        // the one that holds
  kernels::TopK best_;         // of the step; its values rank
  std::vector<float> own_;     // where rules are on: the model's own log-probabilities of best_
};

}  // namespace attend
