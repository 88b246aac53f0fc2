// Updates of an optimizer, each in one pass over flat float32 buffers. The pass also applies the clipping coefficient
// and writes the bfloat16 working copy. A gradient_scale that is not a finite number skips the update: nothing changes,
// and nothing is synchronised.
//   g = gradient * gradient_scale, plus weight_decay * w where the decay is not decoupled;
//   where it is decoupled, w *= 1 - lr * weight_decay comes first
//   Adam (Kingma & Ba 2015), AdamW (Loshchilov & Hutter 2019; decoupled):
//          m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2
//          w -= lr * (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)
//   SGD with momentum, as PyTorch's:             m = b1 m + g;  w -= lr * m
//   Lion (Chen et al. 2023; decoupled):          w -= lr * sign(b1 m + (1 - b1) g);  m = b2 m + (1 - b2) g
//   Adafactor (Shazeer & Stern 2018; decoupled), one matrix or vector at a time, no first moment:
//          b2 = 1 - t^-0.8;  for a matrix: r = b2 r + (1 - b2) mean over columns of g^2, c the same over rows,
//          v = r c / mean(r);  for a vector: v = b2 v + (1 - b2) g^2;  u = g / sqrt(v)
//          w -= lr * max(1e-3, RMS(w)) * u / max(1, RMS(u))
#pragma once

#include <ATen/core/Tensor.h>

namespace attend::kernels {

struct AdamArguments {
  double lr = 0, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = 0;
  bool decoupled = false;  // true: AdamW
  std::int64_t step = 1;   // t, from 1
};

// All buffers are of equal length (TORCH_CHECK); working may be undefined. gradient_scale is a float32 scalar tensor.
struct AdamBuffers {
  at::Tensor weights, gradients, first_moment, second_moment, working;
};
void adam(const AdamBuffers& buffers, const at::Tensor& gradient_scale, const AdamArguments& arguments);

enum class MomentumRule { sgd, lion };
struct MomentumArguments {
  MomentumRule rule = MomentumRule::sgd;
  double lr = 0, beta1 = 0.9, beta2 = 0.99, weight_decay = 0;  // only lion reads beta2
};
struct MomentumBuffers {
  at::Tensor weights, gradients, moment, working;
};
void momentum(const MomentumBuffers& buffers, const at::Tensor& gradient_scale, const MomentumArguments& arguments);

struct AdafactorArguments {
  double lr = 0, weight_decay = 0;
  std::int64_t step = 1;  // t, from 1
};
// weights, gradients and working have the shape of the parameter. For a matrix (R, C), rows is (R) and columns is (C).
// For any other parameter, `rows` is the whole second moment in the parameter's shape, and columns is undefined.
struct AdafactorBuffers {
  at::Tensor weights, gradients, rows, columns, working;
};
void adafactor(const AdafactorBuffers& buffers, const at::Tensor& gradient_scale, const AdafactorArguments& arguments);

// Returns the square root of the sum of squares of a flat buffer as a float32 scalar tensor. On the CPU it adds up in
// double precision; a norm that float32 cannot hold is infinite.
at::Tensor norm(const at::Tensor& flat);

// The same rules by plain tensor operations, on any device and dtype.
namespace reference {
void adam(const AdamBuffers& buffers, const at::Tensor& gradient_scale, const AdamArguments& arguments);
void momentum(const MomentumBuffers& buffers, const at::Tensor& gradient_scale, const MomentumArguments& arguments);
}  // namespace reference

}  // namespace attend::kernels
