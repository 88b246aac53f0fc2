// LayerNorm (Ba et al. 2016) and RMSNorm (Zhang & Sennrich 2019) over the last dimension; both are differentiable.
//   layer_norm: y = (x - mean) / sqrt(var + eps) * weight + bias
//   rms_norm:   y = x / sqrt(mean(x^2) + eps) * weight
// Statistics are in float32 (float64 for float64). weight and bias (D) are float32 or float64 masters; bias may be
// undefined. `result` is the dtype of y: bfloat16 where a bfloat16 linear layer reads it, for example.
#pragma once

#include <ATen/core/Tensor.h>

namespace attend::kernels {

at::Tensor layer_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, double eps,
                      at::ScalarType result);
at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps, at::ScalarType result);

namespace reference {
at::Tensor layer_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, double eps,
                      at::ScalarType result);
at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps, at::ScalarType result);
}  // namespace reference

}  // namespace attend::kernels
