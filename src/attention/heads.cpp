// B batch, T length, N query heads, M key heads, H head size.
#include "attend/attention/heads.h"

#include <ATen/Functions.h>

namespace attend {
namespace {

// (B, T, heads H) -> (B, count, T, H), a view of the heads from `first` on
at::Tensor heads_in(const at::Tensor& x, std::int64_t first, std::int64_t count, std::int64_t size) {
  return x.narrow(-1, first * size, count * size).view({x.size(0), x.size(1), count, size}).transpose(1, 2);
}

}  // namespace

Heads Heads::cut(const at::Tensor& qkv, const HeadSizes& sizes) {
  const auto [N, M, H] = sizes;
  Heads heads{heads_in(qkv, 0, N, H), heads_in(qkv, N, M, H), heads_in(qkv, N + M, M, H)};
  heads.projections_.qkv = qkv;
  return heads;
}

Heads Heads::cut(const at::Tensor& q, const at::Tensor& kv, const HeadSizes& sizes) {
  const auto [N, M, H] = sizes;
  Heads heads{heads_in(q, 0, N, H), heads_in(kv, 0, M, H), heads_in(kv, M, M, H)};
  heads.projections_.q = q;
  heads.projections_.kv = kv;
  return heads;
}

at::Tensor join_heads(const at::Tensor& x) {
  return x.transpose(1, 2).reshape({x.size(0), x.size(2), x.size(1) * x.size(3)});
}

}  // namespace attend
