// T5's relative bias (Raffel et al. 2020): score(i, j) + b_n[bucket(j - i)], one trained table for all layers of a
// stack.
// Half the buckets of a side are a distance each, the others grow logarithmically up to max_distance, behind which all
// distances share the last. A two-sided stack has half the buckets for keys behind the query, in a causal one they all
// are for keys before it. T5 itself leaves out the scale 1/sqrt(H) of the scores; here they keep it.
// Cost: buckets x N parameters. Limits: distance alone decides, so the same table serves a cache.
#include "attend/position/relative_t5.h"

#include <torch/types.h>

#include <cmath>

namespace attend {

std::int64_t t5_bucket(std::int64_t distance, bool two_sided, std::int64_t buckets, std::int64_t max_distance) {
  std::int64_t first = 0, back = -distance;
  if (two_sided) {
    buckets /= 2;
    if (distance > 0) first = buckets;
    back = std::abs(distance);
  }
  back = std::max<std::int64_t>(back, 0);
  const std::int64_t exact = buckets / 2;
  if (back < exact) return first + back;
  // In float and in this order, as distances like 16, 32 and 64 lie on edges.
  const float part = std::log(static_cast<float>(back) / static_cast<float>(exact)) /
                     static_cast<float>(std::log(static_cast<double>(max_distance) / static_cast<double>(exact)));
  const auto bucket = exact + static_cast<std::int64_t>(part * static_cast<float>(buckets - exact));
  return first + std::min(bucket, buckets - 1);
}

RelativeT5::RelativeT5(const T5Options& options, const PositionShape& shape)
    : two_sided_(shape.two_sided), buckets_(options.buckets), max_distance_(options.max_distance) {
  relative_bias_ = start_parameter("relative_bias", torch::zeros({options.buckets, shape.heads}), Start::small);
}

at::Tensor RelativeT5::values(std::int64_t queries, std::int64_t keys) const {
  std::vector<std::int64_t> index;
  for (std::int64_t distance = 1 - keys; distance < queries; ++distance)
    index.push_back(t5_bucket(distance, two_sided_, buckets_, max_distance_));
  return relative_bias_.index_select(0, torch::tensor(index, torch::kLong).to(relative_bias_.device())).t();
}

}  // namespace attend
