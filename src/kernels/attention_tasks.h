// One call of attention on the CPU, cut into tasks for the threads. Tensors are (B, heads, T, H) with a last stride of 1.
#pragma once

#include <ATen/core/Tensor.h>

#include "attend/tensor/draws.h"

namespace attend::kernels {

struct AttentionPlan {
  std::int64_t B, N, M, Tq, Tk, H;
  bool causal;
  float scale;
  Dropout dropout;
  const bool* key_valid;  // (B, Tk) or null
};
struct HeadTensors {
  at::Tensor q, k, v;
};
struct ForwardResult {
  at::Tensor out, log_sum_exp;
};

void attention_forward(const AttentionPlan& plan, const HeadTensors& x, const at::Tensor& out, const at::Tensor& log_sum_exp);
// Writes every element of the three gradients.
void attention_backward(const AttentionPlan& plan, const HeadTensors& x, const ForwardResult& forward, const at::Tensor& d_out,
                        const HeadTensors& gradients);

}  // namespace attend::kernels
