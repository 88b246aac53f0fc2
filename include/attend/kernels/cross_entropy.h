// Label-smoothed cross-entropy of a linear vocabulary layer, in chunks of rows, so that the (tokens x V) logits are never
// all in memory (cf. Wijmans et al. 2024, "Cut your losses").
//   z = h W^T + b;   nll = lse(z) - z_y;   smoothed = lse(z) - (1 - eps) z_y - eps mean(z)
// i.e. epsilon is spread over all V classes. dz = softmax(z) - (1 - eps) 1_y - eps / V is made in the forward pass and
// turned at once into the gradients of h, W and b, which backward only scales. Softmax in float32.
#pragma once

#include <ATen/core/Tensor.h>

#include "attend/kernels/linear.h"

namespace attend::kernels {

struct CrossEntropyInput {
  at::Tensor hidden;        // (rows, D)
  Weight weight, bias;      // (V, D), (V) or undefined
  at::Tensor labels;        // (rows) int64
  std::int64_t ignore = 0;  // rows with this label count nothing
  double smoothing = 0;
  at::Tensor row_weights = {};  // (rows) float32, at least 0; undefined: all 1
};

struct CrossEntropyResult {
  at::Tensor smoothed;  // sum over rows that count, each times its weight: float32 (float64 for float64) scalar, differentiable
  at::Tensor nll;       // sum without smoothing, not differentiable
  at::Tensor count;     // rows that count, int64 scalar; with weights their sum, float32
};

CrossEntropyResult cross_entropy(const CrossEntropyInput& input);

namespace reference {
CrossEntropyResult cross_entropy(const CrossEntropyInput& input);
}  // namespace reference

}  // namespace attend::kernels
