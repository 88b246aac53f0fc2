// Softmax attention in one differentiable pass, with key padding, causality, a plan of keys, segments, a bias by
// distance and dropout (tiling: Dao et al. 2022):
//   P = softmax(scale q k^T + bias + mask);  out = dropout(P) v
// Probabilities are never stored: forward keeps the log-sum-exp of each row, backward computes P again and draws the
// dropout mask again. The cost is B N Tq Tk H time and B N Tq extra memory. Tiles that no query sees are left out, so a
// window W costs B N Tq W H. A query that sees no key gives zeros and no gradient.
//
// Query i stands at position i + Tk - Tq - ahead of the keys: the last query stands at the last key or, in the plain
// form, `ahead` places before it.
// Legend: B batch, N query heads, M key heads, Tq queries, Tk keys, H head size.
#pragma once

#include <ATen/core/Tensor.h>

#include "attend/config/attention/fused.h"
#include "attend/kernels/key_plan.h"
#include "attend/kernels/philox.h"

namespace attend::kernels {

struct AttentionArguments {
  at::Tensor q;          // (B, N, Tq, H), any strides with a last stride of 1
  at::Tensor k, v;       // (B, M, Tk, H); M divides N: consecutive query heads share a key head
  at::Tensor key_valid;  // (B, Tk) bool, true = may attend; undefined: every key is real
  bool causal = false;   // key j is visible to query i when j <= its position (bottom-right aligned)
  double scale = 1.0;
  Dropout dropout;
  KeyPlan plan = {};  // leaves out further keys
  // (B, Tk) int64, each value in one run: a query sees the segment of its place; undefined: there are no segments. The
  // fused kernel needs Tq = Tk here.
  at::Tensor segments = {};
  // (N, Tq + ahead + Tk - 1) float32, or undefined. Element d + Tk - 1 is added to the scores of keys that stand d
  // behind their query (d <= 0: at or before it).
  at::Tensor distance_bias = {};
  // The rest is for the reference alone. softcap above 0: scale q k^T becomes softcap tanh(scale q k^T / softcap).
  double softcap = 0;
  at::Tensor score_bias = {};  // (B, N, Tq, Tk), added to the scores
  std::int64_t ahead = 0;      // number of keys later than the last query's place
  DrawnBlocks drawn = {};      // set where rows are blocks of longer ones
};

struct AttentionResult {
  at::Tensor out;          // (B, N, Tq, H) in q's dtype, stored as (B, Tq, N, H): its transpose(1, 2) is contiguous
  at::Tensor log_sum_exp;  // (B, N, Tq) float32, of the scores; -inf for a row without keys. Differentiable
};

// Joins the results of the same queries over two disjoint sets of keys into that over all of these keys:
//   lse = log(exp(lse_a) + exp(lse_b));  out = exp(lse_a - lse) out_a + exp(lse_b - lse) out_b
// So global keys beside a window, sinks, or keys that are read in parts are compositions of calls. Differentiable.
AttentionResult merge(const AttentionResult& a, const AttentionResult& b);

// Runs on the CPU in float32 or bfloat16; docs/numerics.md says what is rounded where. A TORCH_CHECK fails where
// fused_attention_covers(arguments) is false.
AttentionResult fused_attention(const AttentionArguments& arguments);
// Returns true where the kernel runs: on the CPU, in float32 or bfloat16, with H <= kMaxFusedHead, without softcap,
// score_bias and keys ahead.
bool fused_attention_covers(const AttentionArguments& arguments);

// The next two functions read q, k and v straight from a projection. Its gradient then is one tensor too, so nothing is
// cut or joined. They do not read q, k and v of `options`.
struct HeadCounts {
  std::int64_t query, key;  // N, M
};
// qkv is (B, T, (N + 2 M) H) = [q heads | k heads | v heads].
AttentionResult fused_self_attention(const at::Tensor& qkv, HeadCounts heads, const AttentionArguments& options);
// q is (B, Tq, N H); kv is (B, Tk, 2 M H) = [k heads | v heads].
AttentionResult fused_cross_attention(const at::Tensor& q, const at::Tensor& kv, HeadCounts heads,
                                      const AttentionArguments& options);

// Turns (B, M, T, H) into (B, N, T, H): consecutive query heads share a key head.
at::Tensor per_query_head(const at::Tensor& x, std::int64_t N);

// The plain form works by tensor operations on any device and dtype; autograd differentiates it. `weights` is (B, N,
// Tq, Tk), before dropout.
struct ReferenceAttentionResult {
  at::Tensor out, weights, log_sum_exp;
  at::Tensor kept;  // weights after dropout
};
ReferenceAttentionResult reference_attention(const AttentionArguments& arguments);

}  // namespace attend::kernels
