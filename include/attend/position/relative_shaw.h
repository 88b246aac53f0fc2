// RelativeShaw adds trained vectors for distances to keys and values; src/position/relative_shaw.cpp has the formula.
#pragma once

#include "attend/position/position.h"

namespace attend {

class RelativeShaw final : public RelativeScores {
 public:
  RelativeShaw(const ShawOptions& options, std::int64_t head_size);
  at::Tensor scores(const at::Tensor& q, std::int64_t keys, std::int64_t ahead) const override;
  at::Tensor value_term(const at::Tensor& probabilities, std::int64_t ahead) const override;

 private:
  struct Places {
    std::int64_t queries, keys, ahead;
  };
  // Returns (Tq, Tk): the row of the tables for each query and key.
  at::Tensor rows(Places places, at::Device device) const;

  std::int64_t max_distance_;
  // (2 max_distance + 1, H), shared by the heads. relative_values_ is undefined where the config has `values` off.
  at::Tensor relative_keys_, relative_values_;
};

}  // namespace attend
