// Softmax attention with key padding, causality, windows, segments, a bias by distance and dropout in one differentiable
// pass (tiling: Dao et al. 2022):
//   P = softmax(scale q k^T + bias + mask);  out = dropout(P) v
// Probabilities are never stored: forward keeps the log-sum-exp of each row, backward computes P again and draws the
// dropout mask again. Cost B N Tq Tk H time, B N Tq extra memory; tiles that no query sees are left out, so a window W
// costs B N Tq W H. A query that sees no key gives zeros and no gradient.
// Query i stands at position i + Tk - Tq - ahead of the keys: the last query at the last key, or in the plain form `ahead`
// places before it.
#pragma once

#include <ATen/core/Tensor.h>

#include "attend/config/enums.h"
#include "attend/kernels/philox.h"

namespace attend::kernels {

struct AttentionArguments {
  at::Tensor q;                // (B, N, Tq, H), any strides with a last stride of 1
  at::Tensor k, v;             // (B, M, Tk, H), M divides N: consecutive query heads share a key head
  at::Tensor key_valid;        // (B, Tk) bool, true = may attend; or undefined
  bool causal = false;         // key j is visible to query i when j <= its position (bottom-right aligned)
  double scale = 1.0;
  Dropout dropout;
  std::int64_t window = 0;     // above 0: key j is visible to query i when |its position - j| < window
  // (B, Tk) int64, each value in one run: a query sees the segment of its place; or undefined. The fused kernel takes Tq = Tk alone.
  at::Tensor segments = {};
  // (N, Tq + ahead + Tk - 1) float32, or undefined: element d + Tk - 1 is added to scores whose key stands d behind the query
  // (d <= 0: at or before it).
  at::Tensor distance_bias = {};
  double softcap = 0;             // above 0: scale q k^T becomes softcap tanh(. / softcap); the reference alone
  at::Tensor score_bias = {};     // (B, N, Tq, Tk), added to a score; the reference alone
  std::int64_t ahead = 0;         // keys later than the last query's place; the reference alone
  DrawnBlocks drawn = {};         // where the rows are blocks of longer ones; the reference alone
};

struct AttentionResult {
  at::Tensor out;          // (B, N, Tq, H) in q's dtype, stored as (B, Tq, N, H): its transpose(1, 2) is contiguous
  at::Tensor log_sum_exp;  // (B, N, Tq) float32; -inf for a row without keys. Not differentiable.
};

// CPU, float32 and bfloat16 (docs/numerics.md says what is rounded where). TORCH_CHECKs that fused_attention_covers(arguments).
AttentionResult fused_attention(const AttentionArguments& arguments);
// True where the kernel runs: CPU, float32 or bfloat16, H <= kMaxFusedHead, without softcap and score_bias.
bool fused_attention_covers(const AttentionArguments& arguments);

// The same straight from a projection, whose gradient then is one tensor too: nothing is cut or joined. The tensors of
// `options` are not read.
struct HeadCounts {
  std::int64_t query, key;  // N, M
};
// qkv (B, T, (N + 2 M) H) = [q heads | k heads | v heads]
AttentionResult fused_self_attention(const at::Tensor& qkv, HeadCounts heads, const AttentionArguments& options);
// q (B, Tq, N H); kv (B, Tk, 2 M H) = [k heads | v heads]
AttentionResult fused_cross_attention(const at::Tensor& q, const at::Tensor& kv, HeadCounts heads, const AttentionArguments& options);

// (B, M, T, H) -> (B, N, T, H): consecutive query heads share a key head.
at::Tensor per_query_head(const at::Tensor& x, std::int64_t N);

// Plain tensor operations, any device and dtype, differentiable by autograd; `weights` (B, N, Tq, Tk) before dropout.
struct ReferenceAttentionResult {
  at::Tensor out, weights, log_sum_exp;
  at::Tensor kept;  // weights after dropout
};
ReferenceAttentionResult reference_attention(const AttentionArguments& arguments);

}  // namespace attend::kernels
