// Scores that fall with the logarithm of the distance: score(i, j) - ln(1 + |i - j|).
// Cost: Tq + Tk numbers. Limits: nothing is trained, every head is alike.
#pragma once

#include <torch/types.h>

#include "attend/position/position.h"

namespace attend {

class LogDistance final : public DistanceBias {
 public:
  explicit LogDistance(std::int64_t heads) : heads_(heads) {}
  at::Tensor values(std::int64_t queries, std::int64_t keys) override {
    const auto distance = torch::arange(1 - keys, queries, torch::kFloat32).abs();  // element d + keys - 1
    return -distance.log1p().expand({heads_, distance.size(0)});
  }

 private:
  std::int64_t heads_;
};

}  // namespace attend
