#include "attend/kernels/linear.h"

#include <ATen/Functions.h>
#include <torch/csrc/autograd/custom_function.h>

#include "loops/sums.h"

namespace attend::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

// Rows are flattened, so that every product is one two-dimensional GEMM. Masters are inputs only to receive gradients.
struct Linear : torch::autograd::Function<Linear> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& master,
                            const std::optional<at::Tensor>& master_bias, const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias) {
    const at::Tensor rows = x.reshape({-1, weight.size(1)}).to(weight.scalar_type());
    context->save_for_backward({rows, weight});
    context->saved_data["sizes"] = x.sizes().vec();
    context->saved_data["x_type"] = static_cast<std::int64_t>(x.scalar_type());
    context->saved_data["master_type"] = static_cast<std::int64_t>(master.scalar_type());
    context->saved_data["bias_type"] = static_cast<std::int64_t>(bias ? master_bias->scalar_type() : at::kFloat);
    context->saved_data["has_bias"] = bias.has_value();
    const at::Tensor y = bias ? at::addmm(*bias, rows, weight.t()) : at::mm(rows, weight.t());
    auto sizes = x.sizes().vec();
    sizes.back() = weight.size(0);
    return y.view(sizes);
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &rows = saved[0], &weight = saved[1];
    const at::Tensor dy = gradients[0].reshape({-1, weight.size(0)}).to(weight.scalar_type());
    tensor_list result(5);
    if (context->needs_input_grad(0))
      result[0] = at::mm(dy, weight)
                      .to(context->saved_data["x_type"].toScalarType())
                      .view(context->saved_data["sizes"].toIntVector());
    if (context->needs_input_grad(1))
      result[1] = at::mm(dy.t(), rows).to(context->saved_data["master_type"].toScalarType());
    if (context->saved_data["has_bias"].toBool() && context->needs_input_grad(2))
      result[2] = is_fast_type(dy.scalar_type()) && dy.is_cpu()
                      ? column_sum(dy)
                      : at::sum(dy, {0}, false, context->saved_data["bias_type"].toScalarType());
    return result;
  }
};

}  // namespace

at::Tensor linear(const at::Tensor& x, const Weight& weight, const Weight& bias) {
  TORCH_CHECK(x.dim() >= 1 && x.size(-1) == weight.master.size(1), "[linear] expected a last dimension of ",
              weight.master.size(1), ", got ", x.sizes());
  const at::Tensor matrix = weight.compute().detach();
  const at::Tensor shift = bias.defined() ? bias.compute().detach().to(matrix.scalar_type()) : at::Tensor();
  return Linear::apply(x, weight.master, if_defined(bias.master), matrix, if_defined(shift));
}

}  // namespace attend::kernels
