// RelativeT5 adds a trained bias for each bucket of distances; src/position/relative_t5.cpp has the formula.
#pragma once

#include "attend/position/position.h"

namespace attend {

// Returns the bucket of a key that stands `distance` behind the query (negative: before it).
std::int64_t t5_bucket(std::int64_t distance, bool two_sided, std::int64_t buckets, std::int64_t max_distance);

class RelativeT5 final : public DistanceBias {
 public:
  RelativeT5(const T5Options& options, const PositionShape& shape);
  at::Tensor values(std::int64_t queries, std::int64_t keys) const override;

 private:
  bool two_sided_;
  std::int64_t buckets_, max_distance_;
  at::Tensor relative_bias_;  // (buckets, N)
};

}  // namespace attend
