// B batch, N heads, T tokens, F features, X value size, C tokens of a chunk, c chunks.
#include "attend/kernels/linear_attention.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "attend/core/mutant.h"

namespace attend::kernels {
namespace {

// (B, N, T, Y) -> (B, N, c, C, Y), zeros behind
at::Tensor in_chunks(const at::Tensor& x, std::int64_t chunk) {
  const std::int64_t T = x.size(2), rest = (chunk - T % chunk) % chunk;
  return (rest > 0 ? at::constant_pad_nd(x, {0, 0, 0, rest}) : x).unflatten(2, {(T + rest) / chunk, chunk});
}

}  // namespace

at::Tensor linear_sums(const LinearProducts& a) {
  if (!a.k.defined()) return a.sums;
  const at::Tensor sums = at::matmul(a.k.transpose(-1, -2), a.v);
  return a.sums.defined() ? a.sums + sums : sums;
}

at::Tensor causal_linear_products(const LinearProducts& a, std::int64_t chunk) {
  const std::int64_t T = a.q.size(2), C = std::min(chunk, T);
  const at::Tensor q = in_chunks(a.q, C), k = in_chunks(a.k, C), v = in_chunks(a.v, C);
  const at::Tensor within = at::matmul(at::matmul(q, k.transpose(-1, -2)).tril(), v);
  const at::Tensor added = at::matmul(k.transpose(-1, -2), v);  // (B, N, c, F, X)
  // Of the chunks before, never by subtraction: a later token must not even change how a sum is rounded.
  const at::Tensor start = a.sums.defined() ? a.sums.unsqueeze(2) : at::zeros_like(added.narrow(2, 0, 1));
  if (mutated("sums_of_the_future")) return (within + at::matmul(q, added.cumsum(2))).flatten(2, 3).narrow(2, 0, T);
  const at::Tensor before = at::cat({start, added.narrow(2, 0, added.size(2) - 1)}, 2).cumsum(2);
  return (within + at::matmul(q, before)).flatten(2, 3).narrow(2, 0, T);
}

}  // namespace attend::kernels
