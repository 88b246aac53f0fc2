// One call of attention on the CPU, cut into tasks for the threads. Tensors are (B, heads, T, H) with a last stride of
// 1.
#pragma once

#include <ATen/core/Tensor.h>

#include "attend/tensor/draws.h"

namespace attend::kernels {

// The blocks of a KeyPlan: a row of `count` numbers for each block of queries.
struct BlockLists {
  std::int64_t block = 0;  // 0: there are none
  const std::int32_t* lists = nullptr;
  std::int64_t row = 0, head = 0, count = 0;  // strides of a row of the batch and of a query head
  const std::int32_t* of(std::int64_t b, std::int64_t n, std::int64_t place) const {
    return lists + b * row + n * head + place / block * count;
  }
};

struct AttentionPlan {
  std::int64_t B, N, M, Tq, Tk, H;
  bool causal;
  float scale;
  Dropout dropout;
  const bool* key_valid;  // (B, Tk) or null
  std::int64_t window;    // 0: none
  BlockLists blocks;
  // (B, Tq, 2): the first key of the query's segment and the one behind its last; or null
  const std::int32_t* segments;
  // (N, bias_row): AttentionArguments::distance_bias with kBiasSlack zeros behind; or null
  const float* bias;
  std::int64_t bias_row;
};
inline constexpr std::int64_t kBiasSlack = 16;  // a tile is read to its end

struct HeadTensors {
  at::Tensor q, k, v;
};
struct ForwardResult {
  at::Tensor out, log_sum_exp;
};

void attention_forward(const AttentionPlan& plan, const HeadTensors& x, const at::Tensor& out,
                       const at::Tensor& log_sum_exp);
// Writes every element of the three gradients, and adds to those of the bias, (B, N, bias_row) float32, where defined.
struct AttentionGradients {
  HeadTensors inputs;
  at::Tensor bias;
};
void attention_backward(const AttentionPlan& plan, const HeadTensors& x, const ForwardResult& forward,
                        const ForwardResult& d_result, const AttentionGradients& gradients);

}  // namespace attend::kernels
