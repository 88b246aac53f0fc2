// Label-smoothed cross-entropy of a linear vocabulary layer. It goes through chunks of rows, so that the (tokens x V)
// logits are never all in memory (cf. Wijmans et al. 2024, "Cut your losses").
//   z = h W^T + b;   nll = lse(z) - z_y;   smoothed = lse(z) - (1 - eps) z_y - eps mean(z)
// So epsilon is spread over all V classes. The forward pass makes dz = softmax(z) - (1 - eps) 1_y - eps / V and turns
// it at once into the gradients of h, W and b, which backward only scales. The softmax is in float32 (float64 for
// float64).
// Legend: D model, V vocabulary.
#pragma once

#include <ATen/core/Tensor.h>

#include "attend/kernels/linear.h"

namespace attend::kernels {

struct CrossEntropyInput {
  at::Tensor hidden;        // (rows, D)
  Weight weight, bias;      // (V, D) and (V); the bias may be undefined
  at::Tensor labels;        // (rows) int64
  std::int64_t ignore = 0;  // rows with this label do not count
  double smoothing = 0;
  at::Tensor row_weights = {};  // (rows) float32, at least 0; undefined: all 1
};

struct CrossEntropyResult {
  // The sum over the rows that count, each times its weight: a float32 (float64 for float64) scalar, differentiable.
  at::Tensor smoothed;
  at::Tensor nll;  // the same sum without smoothing, not differentiable
  // The number of rows that count, an int64 scalar; with weights their sum, float32.
  at::Tensor count;
};

// Returns the sums over all rows. Every label but `ignore` must be in 0 .. V - 1; another one is an error of LibTorch.
CrossEntropyResult cross_entropy(const CrossEntropyInput& input);

namespace reference {
CrossEntropyResult cross_entropy(const CrossEntropyInput& input);
}  // namespace reference

}  // namespace attend::kernels
