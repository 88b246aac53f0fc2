// Scores that fall with the logarithm of the distance: score(i, j) - ln(1 + |i - j|).
// Cost: Tq + Tk numbers. Limits: nothing is trained, every head is alike.
#include "tests/toys/log_distance.h"

#include <torch/types.h>

namespace attend {

LogDistance::LogDistance(std::int64_t heads) { ones_ = register_buffer("ones", torch::ones({heads, 1})); }

at::Tensor LogDistance::values(std::int64_t queries, std::int64_t keys) const {
  const auto distance = torch::arange(1 - keys, queries, ones_.options()).abs();  // element d + keys - 1
  return -ones_ * distance.log1p();
}

}  // namespace attend
