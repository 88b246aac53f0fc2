// The queries, keys and values of a layer, split into heads.
// Legend: B batch, N query heads, M key heads, Tq queries, Tk keys, H head size.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <utility>

namespace attend {

struct HeadSizes {
  std::int64_t query, key, size;  // N, M, H
};

// A value: heads that are cut from a projection know it, so that a kernel which reads the projection gives its gradient
// in one piece. Heads that take the place of others forget it.
class Heads {
 public:
  // q is (B, N, Tq, H); k and v are (B, M, Tk, H), or undefined where there are no new keys. M divides N: consecutive
  // query heads share a key head.
  Heads(at::Tensor q, at::Tensor k, at::Tensor v) : q_(std::move(q)), k_(std::move(k)), v_(std::move(v)) {}
  // Cut from qkv (B, T, (N + 2 M) H) = [q heads | k heads | v heads].
  static Heads cut(const at::Tensor& qkv, const HeadSizes& sizes);
  // Cut from q (B, Tq, N H) and kv (B, Tk, 2 M H) = [k heads | v heads].
  static Heads cut(const at::Tensor& q, const at::Tensor& kv, const HeadSizes& sizes);

  const at::Tensor& q() const { return q_; }
  const at::Tensor& k() const { return k_; }
  const at::Tensor& v() const { return v_; }
  Heads with_q(at::Tensor q) const { return {std::move(q), k_, v_}; }
  Heads with_keys(at::Tensor k, at::Tensor v) const { return {q_, std::move(k), std::move(v)}; }
  Heads unpacked() const { return {q_, k_, v_}; }

  // The projections that the heads are views of: that of all three, or those of q and of k with v; undefined where the
  // heads are no views of one.
  struct Projections {
    at::Tensor qkv, q, kv;
  };
  const Projections& projections() const { return projections_; }

 private:
  at::Tensor q_, k_, v_;
  Projections projections_;
};

// (B, N, T, H) -> (B, T, N H)
at::Tensor join_heads(const at::Tensor& x);

}  // namespace attend
