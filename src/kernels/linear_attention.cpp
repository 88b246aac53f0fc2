// B batch, N heads, T tokens, F features, H value size, C tokens of a chunk, c chunks.
#include "attend/kernels/linear_attention.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

namespace attend::kernels {
namespace {

// v with a column of ones: one product gives numerator and normaliser.
at::Tensor with_ones(const at::Tensor& v) { return at::constant_pad_nd(v, {0, 1}, 1.0); }

// (..., H + 1) numerators and normaliser -> (..., H)
at::Tensor normalised(const at::Tensor& both) {
  const std::int64_t H = both.size(-1) - 1;
  return both.narrow(-1, 0, H) / (both.narrow(-1, H, 1) + kLinearEpsilon);
}

// (B, N, T, X) -> (B, N, c, C, X), zeros behind
at::Tensor in_chunks(const at::Tensor& x, std::int64_t chunk) {
  const std::int64_t T = x.size(2), rest = (chunk - T % chunk) % chunk;
  return (rest > 0 ? at::constant_pad_nd(x, {0, 0, 0, rest}) : x).unflatten(2, {(T + rest) / chunk, chunk});
}

}  // namespace

at::Tensor linear_attention_sums(const LinearAttentionArguments& a) {
  if (!a.k.defined()) return a.sums;
  const at::Tensor sums = at::matmul(a.k.transpose(-1, -2), with_ones(a.v));
  return a.sums.defined() ? a.sums + sums : sums;
}

at::Tensor linear_attention_over(const at::Tensor& q, const at::Tensor& sums) { return normalised(at::matmul(q, sums)); }

at::Tensor causal_linear_attention(const LinearAttentionArguments& a, std::int64_t chunk) {
  const std::int64_t T = a.q.size(2), C = std::min(chunk, T);
  const at::Tensor q = in_chunks(a.q, C), k = in_chunks(a.k, C), v = in_chunks(with_ones(a.v), C);
  const at::Tensor within = at::matmul(at::matmul(q, k.transpose(-1, -2)).tril(), v);
  const at::Tensor added = at::matmul(k.transpose(-1, -2), v);  // (B, N, c, F, H + 1)
  // Of the chunks before, never by subtraction: a later token must not even change how a sum is rounded.
  const at::Tensor start = a.sums.defined() ? a.sums.unsqueeze(2) : at::zeros_like(added.narrow(2, 0, 1));
  const at::Tensor before = at::cat({start, added.narrow(2, 0, added.size(2) - 1)}, 2).cumsum(2);
  return normalised((within + at::matmul(q, before)).flatten(2, 3).narrow(2, 0, T));
}

}  // namespace attend::kernels
