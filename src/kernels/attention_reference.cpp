// The plain form of attention.h: what the fused kernel must equal.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <limits>

#include "attend/kernels/attention.h"
#include "attend/kernels/philox.h"

namespace attend::kernels {
namespace {

// true where a query may see a key: (B or 1, 1, Tq or 1, Tk); undefined where all may.
at::Tensor visible(const AttentionArguments& a) {
  at::Tensor mask;
  if (a.key_valid.defined()) mask = a.key_valid.unsqueeze(1).unsqueeze(1);
  if (!a.causal) return mask;
  const std::int64_t Tq = a.q.size(2), Tk = a.k.size(2);
  const at::Tensor past = at::ones({Tq, Tk}, a.q.options().dtype(at::kBool)).tril(Tk - Tq).unsqueeze(0).unsqueeze(0);
  return mask.defined() ? mask.logical_and(past) : past;
}

at::Tensor per_query_head(const at::Tensor& x, std::int64_t N) {
  return x.size(1) == N ? x : x.repeat_interleave(N / x.size(1), 1);
}

}  // namespace

ReferenceAttentionResult reference_attention(const AttentionArguments& a) {
  const at::ScalarType type = a.q.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const std::int64_t N = a.q.size(1);
  const at::Tensor k = per_query_head(a.k.to(type), N), v = per_query_head(a.v.to(type), N);
  at::Tensor scores = at::matmul(a.q.to(type), k.transpose(-1, -2)) * a.scale;
  const at::Tensor mask = visible(a);
  if (mask.defined()) scores = scores.masked_fill(mask.logical_not(), -std::numeric_limits<double>::infinity());
  const at::Tensor log_sum_exp = at::logsumexp(scores.detach(), {-1});

  // A row of -inf would give 0 / 0, so such rows are softmaxed over zeros and then cleared.
  at::Tensor weights;
  if (mask.defined()) {
    const at::Tensor empty = mask.any(-1, true).logical_not();
    weights = at::softmax(scores.masked_fill(empty, 0.0), -1).masked_fill(empty, 0.0);
  } else {
    weights = at::softmax(scores, -1);
  }
  at::Tensor kept = weights;
  if (a.dropout.active()) kept = weights * attention_dropout_factors(weights.sizes(), a.dropout, weights.device()).to(type);
  const at::Tensor out = at::matmul(kept, v).transpose(1, 2).contiguous().transpose(1, 2).to(a.q.scalar_type());
  return {out, weights, log_sum_exp.to(at::kFloat)};
}

}  // namespace attend::kernels
