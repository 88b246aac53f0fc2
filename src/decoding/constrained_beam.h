// Beam search whose translations hold what their sentences ask for, by dynamic beam allocation (Post & Vilar 2018; Hu
// et al. 2019). Sentences that ask for nothing are searched as ever.
#pragma once

#include <optional>

#include "attend/decoding/constraints.h"

#include "beam.h"

namespace attend {

class ConstrainedBeam final : public BeamSearch {
 public:
  using BeamSearch::BeamSearch;

 private:
  // A hypothesis of a sentence with constraints.
  struct Followed {
    ConstraintState state;
    std::vector<Continuation> asked;  // by the constraints; of one that holds all, its end
  };

  void see(const at::Tensor& logits, const at::Tensor& ruled) override;
  std::vector<Continuation> continuations(const Sentence& sentence, std::int64_t first_row) const override;
  std::vector<std::int64_t> constrained_rows() const;
  ConstraintState state_of(const Sentence& sentence, const Live& live) const;
  void follow(std::int64_t row, const float* own, const float* ruled);
  std::vector<Continuation> all_asked(const Sentence& sentence, std::int64_t first_row, bool ends) const;
  std::vector<Continuation> candidates(const Sentence& sentence, std::int64_t first_row) const;
  std::optional<std::int64_t> missing_behind(const Sentence& sentence, std::int64_t first_row,
                                             const Continuation& next) const;

  std::vector<std::optional<Followed>> followed_;  // of each row; nothing without constraints
};

}  // namespace attend
