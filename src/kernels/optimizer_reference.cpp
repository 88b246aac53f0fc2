// The rules of optimizer.h in plain tensor operations, on any device and type.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <cmath>

#include "attend/kernels/optimizer.h"

namespace attend::kernels {
namespace {

// An update that is skipped has gradients 0 and, through `share`, no effect; nobody has to ask the device which it is.
struct Gate {
  at::Tensor gradient;  // scaled
  at::Tensor share;     // scalar: 1, or 0 where the update is skipped
};
Gate gate_of(const at::Tensor& gradients, const at::Tensor& gradient_scale) {
  const at::Tensor open = gradient_scale.isfinite(), zero = at::zeros({}, gradients.options());
  return {at::where(open, gradients * gradient_scale, zero), open.to(gradients.scalar_type())};
}

void refresh(const at::Tensor& working, const at::Tensor& weights) {
  if (working.defined()) working.copy_(weights);
}

at::Tensor root_mean_square(const at::Tensor& x) {
  return at::linalg_vector_norm(x) / std::sqrt(static_cast<double>(std::max<std::int64_t>(x.numel(), 1)));
}

at::Tensor mean_square(const at::Tensor& x, std::int64_t dimension) {
  return at::linalg_vector_norm(x, 2, at::IntArrayRef{dimension}).square() / x.size(dimension);
}

}  // namespace

namespace reference {

void adam(const AdamBuffers& b, const at::Tensor& gradient_scale, const AdamArguments& a) {
  const at::NoGradGuard no_grad;
  const auto t = static_cast<double>(a.step);
  auto [g, share] = gate_of(b.gradients, gradient_scale);
  if (a.decoupled) b.weights.mul_(1 - share * (a.lr * a.weight_decay));
  else if (a.weight_decay != 0) g = g + a.weight_decay * b.weights;
  b.first_moment.lerp_(g, share * (1 - a.beta1));
  b.second_moment.lerp_(g * g, share * (1 - a.beta2));
  const at::Tensor denominator = (b.second_moment / (1 - std::pow(a.beta2, t))).sqrt_().add_(a.eps);
  b.weights.sub_(share * (a.lr / (1 - std::pow(a.beta1, t))) * b.first_moment / denominator);
  refresh(b.working, b.weights);
}

void momentum(const MomentumBuffers& b, const at::Tensor& gradient_scale, const MomentumArguments& a) {
  const at::NoGradGuard no_grad;
  auto [g, share] = gate_of(b.gradients, gradient_scale);
  switch (a.rule) {
    case MomentumRule::sgd:
      if (a.weight_decay != 0) g = g + a.weight_decay * b.weights;
      b.moment.mul_(1 - share * (1 - a.beta1)).add_(share * g);
      b.weights.sub_(share * a.lr * b.moment);
      break;
    case MomentumRule::lion:
      b.weights.mul_(1 - share * (a.lr * a.weight_decay))
          .sub_(share * a.lr * (b.moment * a.beta1 + g * (1 - a.beta1)).sign());
      b.moment.lerp_(g, share * (1 - a.beta2));
      break;
  }
  refresh(b.working, b.weights);
}

}  // namespace reference

void adafactor(const AdafactorBuffers& b, const at::Tensor& gradient_scale, const AdafactorArguments& a) {
  constexpr double kLeastSquare = 1e-30, kLeastScale = 1e-3;  // the paper's eps1 and eps2
  const at::NoGradGuard no_grad;
  const double fresh = std::pow(static_cast<double>(a.step), -0.8);  // 1 - b2
  const auto [g, share] = gate_of(b.gradients, gradient_scale);
  at::Tensor update = g;
  if (b.columns.defined()) {
    b.rows.lerp_(mean_square(g, 1) + kLeastSquare, share * fresh);
    b.columns.lerp_(mean_square(g, 0) + kLeastSquare, share * fresh);
    update = g * (b.rows / b.rows.mean()).rsqrt_().unsqueeze(1);
    update.mul_(b.columns.rsqrt());
  } else {
    b.rows.lerp_(g * g + kLeastSquare, share * fresh);
    update = g * b.rows.rsqrt();
  }
  const at::Tensor rate = share * a.lr * root_mean_square(b.weights).clamp_min(kLeastScale);
  if (a.weight_decay != 0) b.weights.mul_(1 - share * (a.lr * a.weight_decay));
  b.weights.sub_(update.mul_(rate / root_mean_square(update).clamp_min(1)));
  refresh(b.working, b.weights);
}

}  // namespace attend::kernels
