// Attention without a softmax (Katharopoulos et al. 2020). With features phi(q) and phi(k) it computes
//   y_i = phi(q_i) S_i,   S_i = sum phi(k_j) v_j^T,   out_i = y_i / (phi(q_i) z_i + 1e-6),   z_i = sum phi(k_j)
// with sums over all keys, over j <= i, or over the keys of a segment. Inside a chunk, queries are multiplied with
// keys; from chunk to chunk, running sums are carried on. This takes T (C + F) X time for chunks of C tokens.
// Legend: B batch, N heads, T tokens, Tq queries, Tk keys, F features, X value size.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace attend::kernels {

inline constexpr double kLinearEpsilon = 1e-6;  // added to the normaliser

struct LinearArguments {
  at::Tensor q, k;  // (B, N, T, F): features; those of a key are zero where it is padding
  at::Tensor v;     // (B, N, T, X)
  // (B, N, T, F): features for the normaliser where it has its own, with the same zeros; undefined where it has none.
  at::Tensor plain_q, plain_k;
  // (B, T) int64, each value in one run: a query sees only its own segment; undefined: there are no segments.
  at::Tensor segments = {};
};
// Lets query i see the keys up to its own place. It runs on the CPU; features are float32, v is float32 or bfloat16.
// The result (B, N, T, X) has the dtype of v and is stored as (B, T, N, X). Sums are float32 and none is stored:
// besides inputs and result a pass keeps B N T numbers. It is differentiable once. A TORCH_CHECK fails where
// fused_linear_attention_covers(arguments) is false.
at::Tensor fused_linear_attention(const LinearArguments& arguments);
bool fused_linear_attention_covers(const LinearArguments& arguments);

// Does the same by plain tensor operations, on any device and dtype; autograd differentiates it. Where it is not
// causal, a query sees its whole segment or all keys, of which there may be more or fewer than queries. It takes memory
// T F X / C.
at::Tensor reference_linear_attention(const LinearArguments& arguments, bool causal);

// The plain form is made of the parts below. A chunk of it has kLinearChunk tokens.
inline constexpr std::int64_t kLinearChunk = 64;

// The operands of one product of queries with sums over keys.
struct LinearProducts {
  // (B, N, Tq, F) and (B, N, Tk, F): features, float32 or float64; those of a key are zero where it is padding.
  at::Tensor q, k;
  at::Tensor v;     // (B, N, Tk, X)
  at::Tensor sums;  // (B, N, F, X): sums over earlier keys; undefined: zeros
};

// Returns the products that attention needs: one with the values and a column of ones behind them or, where the
// normaliser has features of its own, one with the values and one with ones. k and v may be undefined.
std::vector<LinearProducts> linear_products(const LinearArguments& arguments);
// Takes the results of linear_products() in their order. Returns the values, X numbers each, over their normaliser.
at::Tensor normalised(const std::vector<at::Tensor>& y, std::int64_t X);

// Returns the sums over all keys, earlier ones included: (B, N, F, X). k and v may be undefined where there are earlier
// sums.
at::Tensor linear_sums(const LinearProducts& a);
// Returns (B, N, T, X): query i sees the keys up to its own place and the earlier sums. Tq = Tk.
at::Tensor causal_linear_products(const LinearProducts& a, std::int64_t chunk = kLinearChunk);
// Returns (B, N, T, X): query i sees only its own segment, all of it or, where causal, up to its own place. segments is
// (B, T) int64, each value in one run. There are no earlier sums (TORCH_CHECK). Tq = Tk.
at::Tensor segmented_linear_products(const LinearProducts& a, const at::Tensor& segments, bool causal,
                                     std::int64_t chunk = kLinearChunk);

}  // namespace attend::kernels
