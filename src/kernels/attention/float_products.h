// The matrix products of one task of tasks.cpp on float32 tiles. Every kind of products has the same members;
// this one takes every element type, head size and CPU. HP is padded(H). Legend: keys.h.
#pragma once

#include <algorithm>
#include <array>

#include "keys.h"

namespace attend::kernels::tiles {

template <class T>
class FloatProducts {
 public:
  FloatProducts(const AttentionPlan& plan, const Heads<T>& k, const Heads<T>& v, std::array<std::int64_t, 2> place,
                Room& room)
      : keys(plan, place[0], room),
        HP_(padded(plan.H)),
        H_(plan.H),
        scale_(plan.scale),
        room_(room),
        rows_k_(k.at(place[0], place[1], 0), {keys.count, plan.H, k.row}, room.rows_k),
        rows_v_(v.at(place[0], place[1], 0), {keys.count, plan.H, v.row}, room.rows_v),
        q_(room.q.make(kQueries * HP_)) {
    if (plan.Tq * (plan.N / plan.M) > kFewQueries) columns_k_ = columns_of(rows_k_, room.columns_k);
  }
  void prepare_backward() { columns_v_ = columns_of(rows_v_, room_.columns_v); }

  // Queries of the tiles to come; d_out: the gradient of their outputs as float32 rows of HP, or null.
  void take(const T* q, const Rows& rows, const float* d_out) {
    load_rows(q_, q, rows, scale_);
    d_out_ = d_out;
  }
  // What scores, and the sums of queries' gradients and of keys' gradients, are to be multiplied by.
  float score_scale() const { return 1.0f; }
  float key_gradient_scale() const { return 1.0f; }

  // scores (queries x keys of the tile) = q k^T
  void score(float* scores, const Tile& tile) const {
    const std::int64_t j0 = tile.first_key;
    if (columns_k_)
      multiply({tile.queries, tile.keys, H_, q_, HP_, 1, columns_k_ + j0, keys.width, scores, tile.keys, false});
    else
      multiply_rows(
          {tile.queries, tile.keys, HP_, q_, HP_, 1, rows_k_.row(j0), rows_k_.stride(), scores, tile.keys, false},
          keys.count - j0);
  }
  // out (queries x HP) = p v, or += where earlier tiles are in it
  void mix(float* out, const float* p, const Tile& tile, bool add) const {
    multiply(
        {tile.queries, HP_, real(tile), p, tile.keys, 1, rows_v_.row(tile.first_key), rows_v_.stride(), out, HP_, add});
  }
  // d_p (queries x keys) = d_out v^T
  void mix_backward(float* d_p, const Tile& tile) const {
    multiply(
        {tile.queries, tile.keys, H_, d_out_, HP_, 1, columns_v_ + tile.first_key, keys.width, d_p, tile.keys, false});
  }
  // dv += p^T d_out, dk += d_scores^T q, dq = d_scores k or += where earlier tiles are in it
  void add_gradients(const float* p, const float* d_scores, const Tile& tile, const KeyGradients& sums, float* dq,
                     bool add) const {
    const std::int64_t j0 = tile.first_key, n = real(tile);
    multiply({n, HP_, tile.queries, p, 1, tile.keys, d_out_, HP_, sums.v + j0 * HP_, HP_, true});
    multiply({n, HP_, tile.queries, d_scores, 1, tile.keys, q_, HP_, sums.k + j0 * HP_, HP_, true});
    multiply({tile.queries, HP_, n, d_scores, tile.keys, 1, rows_k_.row(j0), rows_k_.stride(), dq, HP_, add});
  }

  KeyRange keys;

 private:
  const float* columns_of(const TileRows& rows, Floats& room) const {  // (HP, width)
    float* columns = room.make(HP_ * keys.width);
    transpose(columns, rows.row(0), {keys.count, H_, rows.stride()}, keys.width);
    return columns;
  }
  std::int64_t real(const Tile& tile) const { return std::min(tile.keys, keys.count - tile.first_key); }

  std::int64_t HP_, H_;
  float scale_;
  Room& room_;
  TileRows rows_k_, rows_v_;
  float* q_;
  // columns_k_: null for few queries, where turning is not worth it
  const float *d_out_ = nullptr, *columns_k_ = nullptr, *columns_v_ = nullptr;
};

}  // namespace attend::kernels::tiles
