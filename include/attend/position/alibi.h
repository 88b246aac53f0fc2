// ALiBi adds a penalty to scores that grows with the distance; src/position/alibi.cpp has the formula.
#pragma once

#include <vector>

#include "attend/position/position.h"

namespace attend {

// Returns the slope of each head.
std::vector<double> alibi_slopes(std::int64_t heads);

class Alibi final : public DistanceBias {
 public:
  explicit Alibi(std::int64_t heads);
  at::Tensor values(std::int64_t queries, std::int64_t keys) const override;

 private:
  at::Tensor slopes_;  // (N), a buffer that is never saved
};

}  // namespace attend
