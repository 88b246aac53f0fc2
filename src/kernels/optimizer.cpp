#include "attend/kernels/optimizer.h"

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <vector>

#include "loops/optimizer_loops.h"
#include "loops/rows.h"

namespace attend::kernels {
namespace {

bool is_fast(const at::Tensor& x) { return x.is_cpu() && x.scalar_type() == at::kFloat && x.is_contiguous(); }

// Buffers of one length. True where the vectorised pass can have them.
bool check_buffers(const char* name, std::initializer_list<const at::Tensor*> buffers, const at::Tensor& working) {
  const std::int64_t n = (*buffers.begin())->numel();
  bool fast =
      !working.defined() || (working.scalar_type() == at::kBFloat16 && working.is_contiguous() && working.numel() == n);
  for (const at::Tensor* x : buffers) {
    TORCH_CHECK(x->numel() == n, "[", name, "] expected buffers of ", n, " elements, got ", x->numel());
    fast &= is_fast(*x);
  }
  return fast;
}

c10::BFloat16* working_data(const at::Tensor& working) {
  return working.defined() ? working.mutable_data_ptr<c10::BFloat16>() : nullptr;
}
float narrow(double x) { return static_cast<float>(x); }

loops::AdamStep step_of(const AdamArguments& a, float gradient_scale) {
  const auto t = static_cast<double>(a.step);
  return {gradient_scale, narrow(a.decoupled ? 1 - a.lr * a.weight_decay : 1), narrow(a.decoupled ? 0 : a.weight_decay),
          narrow(a.beta1), narrow(a.beta2), narrow(1 - a.beta1), narrow(1 - a.beta2),
          narrow(a.lr / (1 - std::pow(a.beta1, t))), narrow(1 / (1 - std::pow(a.beta2, t))), narrow(a.eps)};
}

loops::MomentumStep step_of(const MomentumArguments& a, float gradient_scale) {
  const bool lion = a.rule == MomentumRule::lion;
  return {lion, gradient_scale, narrow(lion ? 1 - a.lr * a.weight_decay : 1), narrow(lion ? 0 : a.weight_decay),
          narrow(a.beta1), narrow(a.beta2), narrow(1 - a.beta1), narrow(1 - a.beta2), narrow(a.lr)};
}

// One run of the loop a thread.
template <class Run, class Step>
void in_parallel(const Run& all, const Step& step, void (*loop)(const Run&, const Step&)) {
  at::parallel_for(0, all.n, 1 << 14, [&](std::int64_t begin, std::int64_t end) { loop(all.part(begin, end), step); });
}

}  // namespace

void adam(const AdamBuffers& b, const at::Tensor& gradient_scale, const AdamArguments& a) {
  if (!check_buffers("adam", {&b.weights, &b.gradients, &b.first_moment, &b.second_moment}, b.working))
    return reference::adam(b, gradient_scale, a);
  const auto scale = gradient_scale.item<float>();
  if (!std::isfinite(scale)) return;
  const loops::AdamRun all{b.weights.mutable_data_ptr<float>(),
                           b.gradients.const_data_ptr<float>(),
                           b.first_moment.mutable_data_ptr<float>(),
                           b.second_moment.mutable_data_ptr<float>(),
                           working_data(b.working),
                           b.weights.numel()};
  in_parallel(all, step_of(a, scale), loops::adam);
}

void momentum(const MomentumBuffers& b, const at::Tensor& gradient_scale, const MomentumArguments& a) {
  if (!check_buffers("momentum", {&b.weights, &b.gradients, &b.moment}, b.working))
    return reference::momentum(b, gradient_scale, a);
  const auto scale = gradient_scale.item<float>();
  if (!std::isfinite(scale)) return;
  const loops::MomentumRun all{b.weights.mutable_data_ptr<float>(), b.gradients.const_data_ptr<float>(),
                               b.moment.mutable_data_ptr<float>(), working_data(b.working), b.weights.numel()};
  in_parallel(all, step_of(a, scale), loops::momentum);
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
  return at::full({}, std::sqrt(total), at::kDouble).to(flat.options());  // infinite where it has no room
}

}  // namespace attend::kernels
