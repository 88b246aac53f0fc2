// Fused elementwise steps of a Transformer block; all of them are differentiable. Each has a vectorised CPU path for
// float32 and bfloat16, and a plain ATen reference of the same name in namespace reference, which serves float64, CUDA
// and the tests. Dropout masks are never stored: backward draws them again.
#pragma once

#include <ATen/core/Tensor.h>

#include "attend/config/enums/model.h"
#include "attend/tensor/draws.h"

namespace attend::kernels {

// Returns x * factor in x's dtype; the factor of an element is 0 or the scale of survivors (kernels/philox.h). x (B,
// ...) is contiguous.
at::Tensor dropout(const at::Tensor& x, const Dropout& dropout);

// Returns residual + dropout(update) in residual's dtype, which is float32 beside a bfloat16 update in mixed precision.
// Both are (B, ..., D).
at::Tensor add_dropout(const at::Tensor& residual, const at::Tensor& update, const Dropout& dropout);

// Returns dropout(activation(x)). For a gated activation x is (..., 2F) = [gate | up], and the result is (..., F) =
// dropout(activation(gate) * up). Arithmetic is in float32.
at::Tensor activate(const at::Tensor& x, Activation activation, const Dropout& dropout);

// The input of embed(): ids (B, T) int64, a master table (V, D) in float32 or float64, and positions (T, D) or (B, T,
// D) in the table's dtype, or undefined. positions may require a gradient (learned table). The table's row of
// `padding_id` gets no gradient; negative: there is no such row.
struct EmbeddingInput {
  at::Tensor ids, table, positions;
  double scale = 1.0;
  std::int64_t padding_id = -1;
};
// Returns dropout(table[ids] * scale + positions), (B, T, D) in the table's dtype. The gradient of the table is dense.
at::Tensor embed(const EmbeddingInput& input, const Dropout& dropout);

namespace reference {
at::Tensor dropout(const at::Tensor& x, const Dropout& dropout);
at::Tensor add_dropout(const at::Tensor& residual, const at::Tensor& update, const Dropout& dropout);
at::Tensor activate(const at::Tensor& x, Activation activation, const Dropout& dropout);
at::Tensor embed(const EmbeddingInput& input, const Dropout& dropout);
}  // namespace reference

}  // namespace attend::kernels
