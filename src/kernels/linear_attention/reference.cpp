// B batch, N heads, T tokens, F features, X value size, C tokens of a chunk, c chunks.
#include "attend/kernels/linear_attention.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

namespace attend::kernels {
namespace {

// (B, N, T, Y) -> (B, N, c, C, Y), zeros behind
at::Tensor in_chunks(const at::Tensor& x, std::int64_t chunk) {
  const std::int64_t T = x.size(2), rest = (chunk - T % chunk) % chunk;
  return (rest > 0 ? at::constant_pad_nd(x, {0, 0, 0, rest}) : x).unflatten(2, {(T + rest) / chunk, chunk});
}

// phi(q) S of the chunks before, where S begins anew with each segment. s (B, 1, c, C): segments; the rest (B, N, c, C,
// Y).
// A segment lies in one run, so only the one at the end of the chunk before can go on in a chunk.
at::Tensor of_chunks_before(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& s) {
  const at::Tensor last = s.narrow(3, s.size(3) - 1, 1);  // (B, 1, c, 1)
  const at::Tensor added = at::matmul((k * (s == last).unsqueeze(4)).transpose(-1, -2), v);  // (B, N, c, F, X)
  std::vector<at::Tensor> before{at::zeros_like(added.select(2, 0))};
  for (std::int64_t i = 1; i < added.size(2); ++i) {
    const at::Tensor goes_on = last.select(2, i - 1) == last.select(2, std::max<std::int64_t>(i - 2, 0));  // (B, 1, 1)
    before.push_back(before.back() * goes_on.unsqueeze(3) + added.select(2, i - 1));
  }
  const at::Tensor open = at::cat({last.narrow(2, 0, 1), last.narrow(2, 0, last.size(2) - 1)}, 2);
  return at::matmul(q * (s == open).unsqueeze(4), at::stack(before, 2));
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
  const at::Tensor before = at::cat({start, added.narrow(2, 0, added.size(2) - 1)}, 2).cumsum(2);
  return (within + at::matmul(q, before)).flatten(2, 3).narrow(2, 0, T);
}

at::Tensor segmented_linear_products(const LinearProducts& a, const at::Tensor& segments, bool causal,
                                     std::int64_t chunk) {
  TORCH_CHECK(!a.sums.defined(), "segments have no earlier sums");
  const std::int64_t T = a.q.size(2), C = std::min(chunk, T);
  const at::Tensor q = in_chunks(a.q, C), k = in_chunks(a.k, C), v = in_chunks(a.v, C);
  const at::Tensor s = in_chunks(segments.unsqueeze(1).unsqueeze(3), C).squeeze(4);
  at::Tensor same = s.unsqueeze(4) == s.unsqueeze(3);  // (B, 1, c, C, C)
  if (causal) same = same.tril();
  at::Tensor y = at::matmul(at::matmul(q, k.transpose(-1, -2)) * same, v) + of_chunks_before(q, k, v, s);
  const auto backwards = [](const at::Tensor& x) { return x.flip({2, 3}); };
  if (!causal) y = y + backwards(of_chunks_before(backwards(q), backwards(k), backwards(v), backwards(s)));
  return y.flatten(2, 3).narrow(2, 0, T);
}

std::vector<LinearProducts> linear_products(const LinearArguments& a) {
  const at::Tensor v = a.v.defined() ? a.v.to(a.q.scalar_type()) : a.v;
  if (!a.plain_q.defined()) return {{a.q, a.k, v.defined() ? at::constant_pad_nd(v, {0, 1}, 1.0) : v, {}}};
  return {{a.q, a.k, v, {}}, {a.plain_q, a.plain_k, v.defined() ? at::ones_like(v.narrow(3, 0, 1)) : v, {}}};
}

at::Tensor normalised(const std::vector<at::Tensor>& y, std::int64_t X) {
  const at::Tensor& last = y.back();
  return y.front().narrow(3, 0, X) / (last.narrow(3, last.size(3) - 1, 1) + kLinearEpsilon);
}

at::Tensor reference_linear_attention(const LinearArguments& a, bool causal) {
  std::vector<at::Tensor> y;
  for (const auto& product : linear_products(a)) {
    if (a.segments.defined()) y.push_back(segmented_linear_products(product, a.segments, causal));
    else y.push_back(causal ? causal_linear_products(product) : at::matmul(product.q, linear_sums(product)));
  }
  return normalised(y, a.v.size(3)).to(a.v.scalar_type());
}

}  // namespace attend::kernels
