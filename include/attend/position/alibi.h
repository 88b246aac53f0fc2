// A penalty that grows with the distance; see src/position/alibi.cpp.
#pragma once

#include <vector>

#include "attend/position/position.h"

namespace attend {

// The slope of each head.
std::vector<double> alibi_slopes(std::int64_t heads);

class Alibi final : public DistanceBias {
 public:
  explicit Alibi(std::int64_t heads);
  at::Tensor values(std::int64_t queries, std::int64_t keys) override;

 private:
  at::Tensor slopes_;  // (N), a buffer that is never saved
};

}  // namespace attend
