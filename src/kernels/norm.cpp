#include "attend/kernels/norm.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

namespace attend::kernels {
namespace reference {
namespace {

at::ScalarType statistics_type(const at::Tensor& x) { return x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat; }

}  // namespace

at::Tensor layer_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, double eps, at::ScalarType result) {
  const at::Tensor wide = x.to(statistics_type(x));
  const at::Tensor centred = wide - wide.mean(-1, true);
  const at::Tensor y = centred * at::rsqrt(centred.square().mean(-1, true) + eps) * weight;
  return (bias.defined() ? y + bias : y).to(result);
}

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps, at::ScalarType result) {
  const at::Tensor wide = x.to(statistics_type(x));
  return (wide * at::rsqrt(wide.square().mean(-1, true) + eps) * weight).to(result);
}

}  // namespace reference

at::Tensor layer_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, double eps, at::ScalarType result) {
  return reference::layer_norm(x, weight, bias, eps, result);
}
at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps, at::ScalarType result) {
  return reference::rms_norm(x, weight, eps, result);
}

}  // namespace attend::kernels
