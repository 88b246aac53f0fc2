// One call of causal linear attention on the CPU, cut into tasks for the threads. Tensors are (B, N, T, Y) with a last
// stride of 1. Legend: attend/kernels/linear_attention.h.
#pragma once

#include <ATen/core/Tensor.h>

namespace attend::kernels {

struct LinearPlan {
  std::int64_t B, N, T, F, X;
  const std::int64_t* segments;  // (B, T) or null
  bool plain;                    // the normaliser has features of its own
};

// Inputs, or their gradients. plain_q and plain_k are q and k where the normaliser has no features of its own.
struct LinearTensors {
  at::Tensor q, k, plain_q, plain_k;  // (B, N, T, F) float32
  at::Tensor v;                       // (B, N, T, X) float32 or bfloat16
};
struct LinearResult {
  at::Tensor out;      // (B, N, T, X) as v
  at::Tensor inverse;  // (B, N, T) float32: what sums are multiplied by
};

void linear_attention_forward(const LinearPlan& plan, const LinearTensors& x, const LinearResult& result);
// Writes every element of the gradients.
void linear_attention_backward(const LinearPlan& plan, const LinearTensors& x, const LinearResult& forward,
                               const at::Tensor& d_out, const LinearTensors& gradients);

}  // namespace attend::kernels
