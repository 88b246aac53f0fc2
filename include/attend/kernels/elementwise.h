// Fused elementwise steps of a Transformer block, differentiable. Each has a plain ATen reference of the same name in
// namespace reference (used for double, for CUDA and by the tests) and a vectorised CPU path for float and bfloat16.
// Masks are never stored: backward draws them again.
#pragma once

#include <ATen/core/Tensor.h>

#include "attend/config/enums.h"
#include "attend/tensor/draws.h"

namespace attend::kernels {

// x * factor. x (B, ...), contiguous. dtype of x.
at::Tensor dropout(const at::Tensor& x, const Dropout& dropout);

// residual + dropout(update). residual and update (B, ..., D); result has residual's dtype (float32 beside a bfloat16
// update in mixed precision).
at::Tensor add_dropout(const at::Tensor& residual, const at::Tensor& update, const Dropout& dropout);

// dropout(activation(x)); for a gated activation x is (..., 2F) = [gate | up] and the result is (..., F) =
// dropout(activation(gate) * up). Arithmetic in float32.
at::Tensor activate(const at::Tensor& x, Activation activation, const Dropout& dropout);

// dropout(table[ids] * scale + positions). ids (B, T) int64; table (V, D) float32 or float64 master; positions (T, D) or
// (B, T, D) of the table's dtype, or undefined. Result (B, T, D) in the table's dtype. The gradient of the table is dense (V, D);
// the row of `padding_id` gets none (negative: no such row). positions may require a gradient (learned table).
struct EmbeddingInput {
  at::Tensor ids, table, positions;
  double scale = 1.0;
  std::int64_t padding_id = -1;
};
at::Tensor embed(const EmbeddingInput& input, const Dropout& dropout);

namespace reference {
at::Tensor dropout(const at::Tensor& x, const Dropout& dropout);
at::Tensor add_dropout(const at::Tensor& residual, const at::Tensor& update, const Dropout& dropout);
at::Tensor activate(const at::Tensor& x, Activation activation, const Dropout& dropout);
at::Tensor embed(const EmbeddingInput& input, const Dropout& dropout);
}  // namespace reference

}  // namespace attend::kernels
