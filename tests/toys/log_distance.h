#pragma once

#include "attend/position/position.h"

namespace attend {

// Scores that fall with the logarithm of the distance; see src/position/log_distance.cpp.
class LogDistance final : public DistanceBias {
 public:
  explicit LogDistance(std::int64_t heads);
  at::Tensor values(std::int64_t queries, std::int64_t keys) const override;

 private:
  at::Tensor ones_;  // (N, 1), a buffer that is never saved: it follows the model to its device and number format
};

}  // namespace attend
