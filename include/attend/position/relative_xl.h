// RelativeXl has Transformer-XL's relative positions; src/position/relative_xl.cpp has the formula.
#pragma once

#include "attend/nn/linear.h"
#include "attend/position/position.h"

namespace attend {

// Holds the biases u and v. All layers of a stack share one pair.
class XlBiases final : public TrainedModule {
 public:
  explicit XlBiases(const PositionShape& shape);
  at::Tensor u, v;  // (N, H)
};

class RelativeXl final : public RelativeScores {
 public:
  RelativeXl(const XlOptions& options, const PositionShape& shape, std::shared_ptr<XlBiases> biases);
  at::Tensor content_query(const at::Tensor& q) const override;
  at::Tensor scores(const at::Tensor& q, std::int64_t keys, std::int64_t ahead) const override;

 private:
  std::int64_t clamp_;
  PositionShape shape_;
  std::shared_ptr<XlBiases> biases_;  // registered by the stack
  std::shared_ptr<Linear> project_;   // W_r of the formula
};

}  // namespace attend
