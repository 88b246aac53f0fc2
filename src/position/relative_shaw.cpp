// Relative positions of Shaw et al. 2018, one pair of tables a layer:
//   score(i, j) = scale q_i . (k_j + a_r),  out_i = sum_j p_ij (v_j + b_r),  r = clip(j - i, -max_distance,
// max_distance) Cost: T max_distance H for the products with the tables, and a matrix of queries by keys, as for plain
// operations.
// Limits: not fused; needs the probabilities.
#include "attend/position/relative_shaw.h"

#include <torch/types.h>

namespace attend {

RelativeShaw::RelativeShaw(const ShawOptions& options, std::int64_t head_size) : max_distance_(options.max_distance) {
  relative_keys_ = start_parameter("relative_keys", torch::zeros({2 * max_distance_ + 1, head_size}), Start::small);
  if (options.values)
    relative_values_ =
        start_parameter("relative_values", torch::zeros({2 * max_distance_ + 1, head_size}), Start::small);
}

at::Tensor RelativeShaw::rows(Places places, at::Device device) const {
  const auto options = torch::TensorOptions(torch::kLong).device(device);
  const std::int64_t end = places.keys - places.ahead;  // behind the last query's place
  const auto distance =
      torch::arange(places.keys, options).unsqueeze(0) - torch::arange(end - places.queries, end, options).unsqueeze(1);
  return distance.clamp(-max_distance_, max_distance_) + max_distance_;
}

at::Tensor RelativeShaw::scores(const at::Tensor& q, std::int64_t keys, std::int64_t ahead) const {
  // (B, N, Tq, 2 max_distance + 1)
  const auto by_row = torch::matmul(q.to(relative_keys_.scalar_type()), relative_keys_.t());
  const auto index = rows({q.size(2), keys, ahead}, q.device()).expand({q.size(0), q.size(1), q.size(2), keys});
  return by_row.gather(3, index);
}

at::Tensor RelativeShaw::value_term(const at::Tensor& probabilities, std::int64_t ahead) const {
  if (!relative_values_.defined()) return {};
  const auto p = probabilities.to(relative_values_.scalar_type());
  const auto index = rows({p.size(2), p.size(3), ahead}, p.device()).expand(p.sizes());
  const auto by_row =
      torch::zeros({p.size(0), p.size(1), p.size(2), relative_values_.size(0)}, p.options()).scatter_add(3, index, p);
  return torch::matmul(by_row, relative_values_);
}

}  // namespace attend
