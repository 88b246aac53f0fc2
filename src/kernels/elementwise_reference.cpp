// The plain forms of elementwise.h: what the fast paths must equal.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <cmath>

#include "attend/kernels/elementwise.h"
#include "attend/kernels/philox.h"

namespace attend::kernels::reference {
namespace {

at::Tensor apply(const at::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::relu:
    case Activation::reglu: return at::relu(x);
    case Activation::gelu:
    case Activation::geglu: return at::gelu(x);
    case Activation::gelu_tanh: return at::gelu(x, "tanh");
    case Activation::silu:
    case Activation::swiglu: return at::silu(x);
    case Activation::relu_squared: return at::relu(x).square();
  }
  TORCH_CHECK(false, "[activation] unknown activation");
}

at::ScalarType arithmetic_type(const at::Tensor& x) {
  return x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
}

at::Tensor drop(const at::Tensor& x, const Dropout& dropout) {
  return dropout.active() ? x * dropout_factors(x.sizes(), dropout, x.device()).to(arithmetic_type(x)) : x;
}

}  // namespace

at::Tensor dropout(const at::Tensor& x, const Dropout& dropout) {
  return drop(x.to(arithmetic_type(x)), dropout).to(x.scalar_type());
}

at::Tensor add_dropout(const at::Tensor& residual, const at::Tensor& update, const Dropout& dropout) {
  const at::ScalarType type = arithmetic_type(residual);
  return (residual.to(type) + drop(update.to(type), dropout)).to(residual.scalar_type());
}

at::Tensor activate(const at::Tensor& x, Activation activation, const Dropout& dropout) {
  const at::Tensor wide = x.to(arithmetic_type(x));
  if (!is_gated(activation)) return drop(apply(wide, activation), dropout).to(x.scalar_type());
  const auto halves = wide.chunk(2, -1);
  return drop(apply(halves[0], activation) * halves[1], dropout).to(x.scalar_type());
}

at::Tensor embed(const EmbeddingInput& input, const Dropout& dropout) {
  at::Tensor x = at::embedding(input.table, input.ids, input.padding_id) * input.scale;
  if (input.positions.defined()) x = x + input.positions;
  return drop(x, dropout);
}

}  // namespace attend::kernels::reference
