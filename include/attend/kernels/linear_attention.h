// Attention without a softmax (Katharopoulos et al. 2020): with features phi(q), phi(k) >= 0,
//   out_i = phi(q_i) S_i / (phi(q_i) z_i + eps),   S_i = sum phi(k_j) v_j^T,   z_i = sum phi(k_j)
// over all keys, or over j <= i. Plain tensor operations in chunks, differentiable by autograd: inside a chunk the products
// of queries and keys, from chunk to chunk the running sums. Cost T (C + F) H for chunks of C and F features; memory T F H / C.
// Legend: B batch, N heads, T tokens, F features, H value size.
#pragma once

#include <ATen/core/Tensor.h>

namespace attend::kernels {

inline constexpr double kLinearEpsilon = 1e-6;
inline constexpr std::int64_t kLinearChunk = 64;

struct LinearAttentionArguments {
  at::Tensor q, k;  // (B, N, Tq, F), (B, N, Tk, F): features, float32 or float64; zeros where a key is padding
  at::Tensor v;     // (B, N, Tk, H)
  at::Tensor sums;  // (B, N, F, H + 1): S | z of earlier keys; undefined: zeros
};

// Sums over all keys, earlier ones included: (B, N, F, H + 1). k and v may be undefined where there are earlier ones.
at::Tensor linear_attention_sums(const LinearAttentionArguments& arguments);
// Every query sees the sums: (B, N, Tq, H).
at::Tensor linear_attention_over(const at::Tensor& q, const at::Tensor& sums);
// Query i sees the keys up to its own place and the earlier sums; Tq = Tk: (B, N, T, H).
at::Tensor causal_linear_attention(const LinearAttentionArguments& arguments, std::int64_t chunk = kLinearChunk);

}  // namespace attend::kernels
