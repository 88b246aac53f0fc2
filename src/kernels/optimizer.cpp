#include "attend/kernels/optimizer.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <vector>

#include "optimizer_loops.h"
#include "rows.h"

namespace attend::kernels {
namespace {

bool is_fast(const at::Tensor& x) { return x.is_cpu() && x.scalar_type() == at::kFloat && x.is_contiguous(); }

// Any device and type.
void plain_adam(const AdamBuffers& buffers, const at::Tensor& gradient_scale, const AdamArguments& a) {
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

loops::AdamStep step_of(const AdamArguments& a, float gradient_scale) {
  const auto t = static_cast<double>(a.step);
  const auto f = [](double x) { return static_cast<float>(x); };
  return {gradient_scale, f(a.decoupled ? 1 - a.lr * a.weight_decay : 1), f(a.decoupled ? 0 : a.weight_decay),
          f(a.beta1), f(a.beta2), f(1 - a.beta1), f(1 - a.beta2),
          f(a.lr / (1 - std::pow(a.beta1, t))), f(1 / (1 - std::pow(a.beta2, t))), f(a.eps)};
}

}  // namespace

void adam(const AdamBuffers& b, const at::Tensor& gradient_scale, const AdamArguments& a) {
  at::NoGradGuard no_grad;
  const std::int64_t n = b.weights.numel();
  for (const at::Tensor* x : {&b.gradients, &b.first_moment, &b.second_moment})
    TORCH_CHECK(x->numel() == n, "[adam] expected buffers of ", n, " elements, got ", x->numel());
  const bool working_fits = !b.working.defined() || (b.working.scalar_type() == at::kBFloat16 && b.working.is_contiguous() && b.working.numel() == n);
  if (!is_fast(b.weights) || !is_fast(b.gradients) || !is_fast(b.first_moment) || !is_fast(b.second_moment) || !working_fits)
    return plain_adam(b, gradient_scale, a);
  const loops::AdamStep step = step_of(a, gradient_scale.item<float>());
  const loops::AdamRun all{b.weights.mutable_data_ptr<float>(), b.gradients.const_data_ptr<float>(), b.first_moment.mutable_data_ptr<float>(),
                           b.second_moment.mutable_data_ptr<float>(), b.working.defined() ? b.working.mutable_data_ptr<c10::BFloat16>() : nullptr, n};
  at::parallel_for(0, n, 1 << 14, [&](std::int64_t begin, std::int64_t end) {
    loops::adam({all.w + begin, all.g + begin, all.m + begin, all.v + begin, all.working ? all.working + begin : nullptr, end - begin}, step);
  });
}

at::Tensor norm(const at::Tensor& flat) {
  if (!is_fast(flat)) return flat.to(at::kDouble).norm().to(at::kFloat);
  constexpr std::int64_t kBlock = 1 << 14;
  const std::int64_t n = flat.numel(), blocks = (n + kBlock - 1) / kBlock;
  const float* x = flat.const_data_ptr<float>();
  std::vector<double> sums(static_cast<std::size_t>(blocks));
  at::parallel_for(0, blocks, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b)
      sums[static_cast<std::size_t>(b)] = loops::sum_of_squares(x + b * kBlock, std::min(kBlock, n - b * kBlock));
  });
  double total = 0;
  for (const double s : sums) total += s;
  return at::full({}, std::sqrt(total), flat.options());
}

}  // namespace attend::kernels
