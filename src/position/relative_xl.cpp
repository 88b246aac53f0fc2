// Transformer-XL's relative positions (Dai et al. 2019):
//   score(i, j) = scale [(q_i + u) . k_j + (q_i + v) . W_r R_{i-j}]
// R: sinusoids of the distance i - j, sines in the first half, cosines in the second; u, v: one pair a stack; W_r: one
// a layer. clamp > 0: larger distances count as that one.
// Cost: a product of T distances with W_r a layer, and matrices of queries by distances. Limits: not fused.
#include "attend/position/relative_xl.h"

#include <torch/types.h>

#include "attend/position/sinusoidal.h"

namespace attend {
XlBiases::XlBiases(const PositionShape& shape) {
  u = start_parameter("relative_u", torch::zeros({shape.heads, shape.head_size}), Start::small);
  v = start_parameter("relative_v", torch::zeros({shape.heads, shape.head_size}), Start::small);
}

RelativeXl::RelativeXl(const XlOptions& options, const PositionShape& shape, std::shared_ptr<XlBiases> biases)
    : clamp_(options.clamp), shape_(shape), biases_(std::move(biases)) {
  project_ = register_module("project",
                             std::make_shared<Linear>(shape.d_model, shape.heads * shape.head_size, /*bias=*/false));
}

at::Tensor RelativeXl::content_query(const at::Tensor& q) const {
  return q + biases_->u.unsqueeze(1).to(q.scalar_type());
}

at::Tensor RelativeXl::scores(const at::Tensor& q, std::int64_t keys, std::int64_t ahead) const {
  // distances i - j: first .. end - 1
  const std::int64_t queries = q.size(2), end = keys - ahead, first = 1 - queries - ahead;
  auto distance = torch::arange(first, end, torch::kLong);
  if (clamp_ > 0) distance = distance.clamp(-clamp_, clamp_);
  const auto rows =
      sinusoids(distance, shape_.d_model, SinusoidLayout::halves).to(q.device()).to(biases_->v.scalar_type());
  // (N, H, L)
  const auto r = project_->forward(rows).unflatten(1, {shape_.heads, shape_.head_size}).permute({1, 2, 0});
  const auto type = biases_->v.scalar_type();
  const auto by_distance = torch::matmul(q.to(type) + biases_->v.unsqueeze(1), r.to(type));  // (B, N, Tq, L)
  const auto options = torch::TensorOptions(torch::kLong).device(q.device());
  const auto place = torch::arange(end - queries, end, options).unsqueeze(1) -
                     torch::arange(keys, options).unsqueeze(0) - first;  // (Tq, Tk)
  return by_distance.gather(3, place.expand({q.size(0), q.size(1), queries, keys}));
}

}  // namespace attend
