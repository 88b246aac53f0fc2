#include "attend/kernels/optimizer.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <cmath>

namespace attend::kernels {

void adam(const AdamBuffers& buffers, const at::Tensor& gradient_scale, const AdamArguments& a) {
  const auto t = static_cast<double>(a.step);
  at::Tensor w = buffers.weights, m = buffers.first_moment, v = buffers.second_moment;
  at::Tensor g = buffers.gradients * gradient_scale;
  if (a.decoupled) w.mul_(1 - a.lr * a.weight_decay);
  else if (a.weight_decay != 0) g = g + a.weight_decay * w;
  m.mul_(a.beta1).add_(g, 1 - a.beta1);
  v.mul_(a.beta2).addcmul_(g, g, 1 - a.beta2);
  const at::Tensor denominator = (v / (1 - std::pow(a.beta2, t))).sqrt_().add_(a.eps);
  w.addcdiv_(m, denominator, -a.lr / (1 - std::pow(a.beta1, t)));
  if (buffers.working.defined()) buffers.working.copy_(w);
}

at::Tensor norm(const at::Tensor& flat) { return flat.to(at::kDouble).norm().to(at::kFloat); }

}  // namespace attend::kernels
