// One pass over flat float32 buffers: Adam (Kingma & Ba 2015) and AdamW (Loshchilov & Hutter 2019), with the clipping
// coefficient folded in and the bfloat16 working copy written on the way.
//   g = gradient * gradient_scale (+ weight_decay * w for Adam);  m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2
//   w -= lr * (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)   (AdamW first: w *= 1 - lr * weight_decay)
#pragma once

#include <ATen/core/Tensor.h>

namespace attend::kernels {

struct AdamArguments {
  double lr = 0, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = 0;
  bool decoupled = false;   // AdamW
  std::int64_t step = 1;    // t, from 1
};

// All of equal length; working may be undefined. gradient_scale: float32 scalar tensor (no synchronisation needed).
struct AdamBuffers {
  at::Tensor weights, gradients, first_moment, second_moment, working;
};
void adam(const AdamBuffers& buffers, const at::Tensor& gradient_scale, const AdamArguments& arguments);

// Square root of the sum of squares of a flat buffer (double accumulation on CPU), as a float32 scalar tensor.
at::Tensor norm(const at::Tensor& flat);

}  // namespace attend::kernels
