#include "attend/kernels/norm.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <torch/csrc/autograd/custom_function.h>

#include "loops/norm_loops.h"
#include "loops/rows.h"

namespace attend::kernels {
namespace reference {
namespace {

at::ScalarType statistics_type(const at::Tensor& x) {
  return x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
}

}  // namespace

at::Tensor layer_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, double eps,
                      at::ScalarType result) {
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

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

struct NormOptions {
  double eps;
  at::ScalarType result;
  bool centred;  // layer norm
};

// Both norms: RMS norm is the one without mean and bias. Only x, mean and rstd are kept.
struct NormFunction : torch::autograd::Function<NormFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias, const NormOptions& options) {
    const at::Tensor in = x.contiguous(), scale = weight.contiguous(), shift = bias ? bias->contiguous() : at::Tensor();
    const std::int64_t D = in.size(-1), rows = in.numel() / D;
    at::Tensor y = at::empty(in.sizes(), in.options().dtype(options.result));
    at::Tensor mean = options.centred ? at::empty({rows}, in.options().dtype(at::kFloat)) : at::Tensor();
    at::Tensor rstd = at::empty({rows}, in.options().dtype(at::kFloat));
    const loops::NormRows all{rows,
                              D,
                              scale.const_data_ptr<float>(),
                              shift.defined() ? shift.const_data_ptr<float>() : nullptr,
                              mean.defined() ? mean.mutable_data_ptr<float>() : nullptr,
                              rstd.mutable_data_ptr<float>(),
                              static_cast<float>(options.eps)};
    with_element_type(in.scalar_type(), [&](auto* in_type) {
      with_element_type(options.result, [&](auto* out_type) {
        const auto* from = in.const_data_ptr<ElementOf<decltype(in_type)>>();
        auto* to = y.mutable_data_ptr<ElementOf<decltype(out_type)>>();
        for_row_blocks(all, [&](std::int64_t first, const loops::NormRows& some) {
          loops::norm(to + first * D, from + first * D, some);
        });
      });
    });
    context->save_for_backward({in, scale, mean, rstd});
    context->saved_data["has_bias"] = bias.has_value();
    return y;
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1], &mean = saved[2], &rstd = saved[3];
    const at::Tensor dy = gradients[0].contiguous();
    const std::int64_t D = x.size(-1), rows = x.numel() / D, blocks = (rows + kRowBlock - 1) / kRowBlock;
    at::Tensor dx = at::empty(x.sizes(), x.options());
    const at::Tensor partial = at::empty({blocks, 2, D}, weight.options());
    float* sums = partial.mutable_data_ptr<float>();
    const loops::NormRows all{rows,
                              D,
                              weight.const_data_ptr<float>(),
                              nullptr,
                              mean.defined() ? mean.mutable_data_ptr<float>() : nullptr,
                              rstd.mutable_data_ptr<float>(),
                              0};
    with_element_type(x.scalar_type(), [&](auto* in_type) {
      with_element_type(dy.scalar_type(), [&](auto* out_type) {
        const auto* from = x.const_data_ptr<ElementOf<decltype(in_type)>>();
        const auto* slope = dy.const_data_ptr<ElementOf<decltype(out_type)>>();
        auto* to = dx.mutable_data_ptr<ElementOf<decltype(in_type)>>();
        for_row_blocks(all, [&](std::int64_t first, const loops::NormRows& some) {
          float* block = sums + first / kRowBlock * 2 * D;
          loops::norm_backward(to + first * D, from + first * D, slope + first * D, some, {block, block + D});
        });
      });
    });
    const at::Tensor total = partial.sum(0);
    return {dx, total[0], context->saved_data["has_bias"].toBool() ? total[1] : at::Tensor(), at::Tensor()};
  }

  template <class Body>
  static void for_row_blocks(const loops::NormRows& all, Body&& body) {
    at::parallel_for(0, (all.rows + kRowBlock - 1) / kRowBlock, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t block = begin; block < end; ++block) {
        const std::int64_t first = block * kRowBlock;
        loops::NormRows some = all;
        some.rows = std::min(kRowBlock, all.rows - first);
        if (some.mean != nullptr) some.mean += first;
        some.rstd += first;
        body(first, some);
      }
    });
  }
};

bool is_fast(const at::Tensor& x, const at::Tensor& weight, at::ScalarType result) {
  return x.is_cpu() && is_fast_type(x.scalar_type()) && is_fast_type(result) && weight.scalar_type() == at::kFloat &&
         x.numel() > 0;
}

}  // namespace

at::Tensor layer_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, double eps,
                      at::ScalarType result) {
  if (!is_fast(x, weight, result)) return reference::layer_norm(x, weight, bias, eps, result);
  return NormFunction::apply(x, weight, if_defined(bias), NormOptions{eps, result, true});
}

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps, at::ScalarType result) {
  if (!is_fast(x, weight, result)) return reference::rms_norm(x, weight, eps, result);
  return NormFunction::apply(x, weight, std::optional<at::Tensor>(), NormOptions{eps, result, false});
}

}  // namespace attend::kernels
