// The autograd function of fused causal linear attention. Legend: attend/kernels/linear_attention.h.
#include "attend/kernels/linear_attention.h"

#include <ATen/Functions.h>
#include <torch/csrc/autograd/custom_function.h>

#include "tasks.h"
#include "../loops/rows.h"

namespace attend::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

// In the order in which autograd knows them: q, k, v and, where there are, plain_q and plain_k.
LinearTensors tensors_of(const tensor_list& x) {
  const bool plain = x.size() > 3;
  return {x[0], x[1], plain ? x[3] : x[0], plain ? x[4] : x[1], x[2]};
}

LinearPlan plan_of(const tensor_list& x, const at::Tensor& segments) {
  return {x[0].size(0), x[0].size(1), x[0].size(2), x[0].size(3), x[2].size(3),
          segments.defined() ? segments.const_data_ptr<std::int64_t>() : nullptr, x.size() > 3};
}

struct LinearFunction : torch::autograd::Function<LinearFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            const std::optional<at::Tensor>& plain_q, const std::optional<at::Tensor>& plain_k,
                            const std::optional<at::Tensor>& segments) {
    tensor_list inputs = {with_dense_rows(q), with_dense_rows(k), with_dense_rows(v)};
    if (plain_q) inputs.insert(inputs.end(), {with_dense_rows(*plain_q), with_dense_rows(*plain_k)});
    const at::Tensor numbers = segments ? segments->contiguous() : at::Tensor();
    const LinearResult result{empty_heads(v), at::empty({q.size(0), q.size(1), q.size(2)}, q.options())};
    linear_attention_forward(plan_of(inputs, numbers), tensors_of(inputs), result);
    tensor_list saved = {numbers, result.out, result.inverse};
    saved.insert(saved.end(), inputs.begin(), inputs.end());
    context->save_for_backward(saved);
    return result.out;
  }

  static tensor_list backward(AutogradContext* context, tensor_list d) {
    const auto saved = context->get_saved_variables();
    const tensor_list inputs(saved.begin() + 3, saved.end());
    tensor_list gradients;
    for (const auto& x : inputs) gradients.push_back(empty_heads(x));
    linear_attention_backward(plan_of(inputs, saved[0]), tensors_of(inputs), {saved[1], saved[2]},
                              with_dense_rows(d[0]), tensors_of(gradients));
    gradients.resize(6);
    return gradients;
  }
};

}  // namespace

bool fused_linear_attention_covers(const LinearArguments& a) {
  return a.q.is_cpu() && a.q.scalar_type() == at::kFloat && a.k.defined() && a.v.defined() &&
         is_fast_type(a.v.scalar_type());
}

at::Tensor fused_linear_attention(const LinearArguments& a) {
  const auto features = [&](const at::Tensor& x) {
    return x.is_cpu() && x.scalar_type() == at::kFloat && x.sizes() == a.q.sizes();
  };
  TORCH_CHECK(
      fused_linear_attention_covers(a) && a.q.dim() == 4 && features(a.k) && a.v.is_cpu() && a.v.dim() == 4 &&
          a.v.sizes().slice(0, 3) == a.q.sizes().slice(0, 3),
      "[attention] expected features (B, N, T, F) float32 on the CPU and values (B, N, T, X) float32 or bfloat16, got ",
      a.q.sizes(), ", ", a.k.sizes(), " and ", a.v.sizes());
  TORCH_CHECK(a.plain_q.defined() == a.plain_k.defined() &&
                  (!a.plain_q.defined() || (features(a.plain_q) && features(a.plain_k))),
              "[attention] expected both features of the normaliser as those of the products, or none");
  TORCH_CHECK(!a.segments.defined() || (a.segments.is_cpu() && a.segments.scalar_type() == at::kLong &&
                                        a.segments.sizes() == at::IntArrayRef({a.q.size(0), a.q.size(2)})),
              "[attention] expected segments (B, T) int64 on the CPU");
  return LinearFunction::apply(a.q, a.k, a.v, if_defined(a.plain_q), if_defined(a.plain_k), if_defined(a.segments));
}

}  // namespace attend::kernels
