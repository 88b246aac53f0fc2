// Norm is LayerNorm, RMSNorm or the identity; kernels/norm.h has the formulas.
#pragma once

#include <torch/nn/module.h>

#include "attend/config/enums/model.h"

namespace attend {

class Norm : public torch::nn::Module {
 public:
  Norm(NormType type, std::int64_t size, double eps, bool bias);
  // Returns (..., D) from x (..., D), as `result`: bfloat16 where a bfloat16 layer reads it, x's dtype in the residual
  // stream.
  at::Tensor forward(const at::Tensor& x, at::ScalarType result) const;

 private:
  NormType type_;
  double eps_;
  at::Tensor weight_, bias_;
};

}  // namespace attend
