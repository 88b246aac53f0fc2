#include "attend/nn/norm.h"

#include <torch/types.h>

#include "attend/kernels/norm.h"

namespace attend {

Norm::Norm(NormType type, std::int64_t size, double eps, bool bias) : type_(type), eps_(eps) {
  if (type == NormType::none) return;
  weight_ = register_parameter("weight", torch::ones({size}));
  if (bias && type == NormType::layer_norm) bias_ = register_parameter("bias", torch::zeros({size}));
}

at::Tensor Norm::forward(const at::Tensor& x, at::ScalarType result) const {
  switch (type_) {
    case NormType::layer_norm: return kernels::layer_norm(x, weight_, bias_, eps_, result);
    case NormType::rms_norm: return kernels::rms_norm(x, weight_, eps_, result);
    case NormType::none: return x.to(result);
  }
  TORCH_CHECK(false, "unreachable norm type");
}

}  // namespace attend
