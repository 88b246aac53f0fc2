// LayerNorm (Ba et al. 2016) and RMSNorm (Zhang & Sennrich 2019) over the last dimension, differentiable.
//   layer_norm: y = (x - mean) / sqrt(var + eps) * weight + bias        rms_norm: y = x / sqrt(mean(x^2) + eps) * weight
// Statistics in float32 (float64 for float64). weight and bias (D) in float32/float64 masters, bias may be undefined.
// `result`: dtype of y, e.g. bfloat16 where a bfloat16 linear layer reads it.
#pragma once

#include <ATen/core/Tensor.h>

namespace attend::kernels {

at::Tensor layer_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, double eps, at::ScalarType result);
at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps, at::ScalarType result);

namespace reference {
at::Tensor layer_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, double eps, at::ScalarType result);
at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps, at::ScalarType result);
}  // namespace reference

}  // namespace attend::kernels
