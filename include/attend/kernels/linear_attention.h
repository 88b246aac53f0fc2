// Attention without a softmax (Katharopoulos et al. 2020): with features phi(q), phi(k),
//   y_i = phi(q_i) S_i,   S_i = sum phi(k_j) v_j^T,   out_i = y_i / (phi(q_i) z_i + 1e-6),   z_i = sum phi(k_j)
// over all keys, over j <= i, or over those of a segment. Inside a chunk the products of queries and keys, from chunk to
// chunk the running sums: T (C + F) X time for chunks of C.
// Legend: B batch, N heads, T tokens, F features, X value size.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace attend::kernels {

inline constexpr double kLinearEpsilon = 1e-6;  // beside the normaliser

struct LinearArguments {
  at::Tensor q, k;              // (B, N, T, F): features, zeros where a key is padding
  at::Tensor v;                 // (B, N, T, X)
  at::Tensor plain_q, plain_k;  // (B, N, T, F): features of the normaliser where it has its own, as k with zeros; or both undefined
  at::Tensor segments = {};     // (B, T) int64, each value in one run: a query sees its own alone; or undefined
};
// Query i sees the keys up to its own place. CPU, features float32, v float32 or bfloat16, as is what returns, (B, N, T, X)
// stored as (B, T, N, X). Sums are float32 and none is stored: beside the inputs and what returns a pass keeps B N T numbers.
// Differentiable once. TORCH_CHECKs that it covers them.
at::Tensor fused_linear_attention(const LinearArguments& arguments);
bool fused_linear_attention_covers(const LinearArguments& arguments);

// The same by plain tensor operations, any device and dtype, differentiable by autograd. Not causal, a query sees all keys, of
// which there may be another number, or its whole segment. Memory T F X / C.
at::Tensor reference_linear_attention(const LinearArguments& arguments, bool causal);

// What the plain form is made of.
inline constexpr std::int64_t kLinearChunk = 64;

struct LinearProducts {
  at::Tensor q, k;  // (B, N, Tq, F), (B, N, Tk, F): features, float32 or float64; zeros where a key is padding
  at::Tensor v;     // (B, N, Tk, X)
  at::Tensor sums;  // (B, N, F, X): of earlier keys; undefined: zeros
};

// What is multiplied: values with a column of ones behind them or, where the normaliser has features of its own, values and
// then ones. k and v may be undefined.
std::vector<LinearProducts> linear_products(const LinearArguments& arguments);
// Of the results of linear_products(), in their order: values of X numbers over their normaliser.
at::Tensor normalised(const std::vector<at::Tensor>& y, std::int64_t X);

// Sums over all keys, earlier ones included: (B, N, F, X). k and v may be undefined where there are earlier ones.
at::Tensor linear_sums(const LinearProducts& a);
// Query i sees the keys up to its own place and the earlier sums; Tq = Tk: (B, N, T, X).
at::Tensor causal_linear_products(const LinearProducts& a, std::int64_t chunk = kLinearChunk);
// Query i sees its own segment alone, all of it or up to its own place; segments (B, T) int64, each value in one run; no
// earlier sums; Tq = Tk: (B, N, T, X).
at::Tensor segmented_linear_products(const LinearProducts& a, const at::Tensor& segments, bool causal, std::int64_t chunk = kLinearChunk);

}  // namespace attend::kernels
