// What the tasks of tasks.cpp read and write: pieces of a row's tokens, their features and values in
// the form of attention/tiles.h, and sums. FP and XP are padded(F) and padded(X). Legend:
// attend/kernels/linear_attention.h.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "tasks.h"
#include "../attention/tile_memory.h"

namespace attend::kernels::tiles {

inline constexpr std::int64_t kPiece = 64;  // tokens; small enough for the half above the diagonal to cost little

// Consecutive tokens of one segment.
struct Piece {
  std::int64_t first, count;
  bool begins;  // a segment
};

inline std::vector<Piece> pieces_of(const LinearPlan& plan, std::int64_t b) {
  const std::int64_t* segment = plan.segments ? plan.segments + b * plan.T : nullptr;
  std::vector<Piece> pieces;
  for (std::int64_t t = 0, end = 0; t < plan.T; t = end) {
    const bool begins = t == 0 || (segment && segment[t] != segment[t - 1]);
    for (end = t + 1; end < plan.T && end - t < kPiece && (!segment || segment[end] == segment[t]);) ++end;
    pieces.push_back({t, end - t, begins});
  }
  return pieces;
}

// Room of one thread. matrix and vector: what is summed from piece to piece.
struct LinearRoom {
  Floats q, k, plain_q, plain_k, v, columns;  // a piece
  Floats matrix, turned, vector;
  Floats out, dy, d_q, d_k, d_plain, d_v;  // rows of a piece
  float dn[kPiece];
  alignas(64) float scores[kPiece * kPiece], d_scores[kPiece * kPiece];
};

inline float* zeros(Floats& room, std::int64_t n) {
  float* x = room.make(n);
  std::fill_n(x, n, 0.0f);
  return x;
}

template <class T>
struct LinearHeads {
  explicit LinearHeads(const LinearTensors& x)
      : q(heads_of<float>(x.q)),
        k(heads_of<float>(x.k)),
        plain_q(heads_of<float>(x.plain_q)),
        plain_k(heads_of<float>(x.plain_k)),
        v(heads_of<T>(x.v)) {}
  Heads<float> q, k, plain_q, plain_k;
  Heads<T> v;
};

using Place = std::array<std::int64_t, 3>;  // row of the batch, head, first token

template <class T>
struct PieceRows {
  PieceRows(const LinearPlan& plan, const LinearHeads<T>& x, const Place& place, std::int64_t count, LinearRoom& room)
      : q(rows(x.q, place, {count, plan.F, x.q.row}, room.q)),
        k(rows(x.k, place, {count, plan.F, x.k.row}, room.k)),
        plain_q(plan.plain ? rows(x.plain_q, place, {count, plan.F, x.plain_q.row}, room.plain_q) : q),
        plain_k(plan.plain ? rows(x.plain_k, place, {count, plan.F, x.plain_k.row}, room.plain_k) : k),
        v(rows(x.v, place, {count, plan.X, x.v.row}, room.v)) {}
  TileRows q, k, plain_q, plain_k, v;

 private:
  template <class E>
  static TileRows rows(const Heads<E>& x, const Place& at, const Rows& shape, Floats& room) {
    return {x.at(at[0], at[1], at[2]), shape, room};
  }
};

// A sum of rows of n that is read after each of them. Earlier pieces stand apart, so that roundings add up over pieces,
// not over tokens.
class RowSum {
 public:
  RowSum(Floats& room, std::int64_t n) : n_(n), earlier_(zeros(room, 2 * n)), piece_(earlier_ + n) {}
  void clear() { std::fill_n(earlier_, 2 * n_, 0.0f); }
  void add(const float* row, float factor) { add_scaled(piece_, row, factor); }
  void end_piece() {
    add_row(earlier_, piece_, n_);
    std::fill_n(piece_, n_, 0.0f);
  }
  float times(const float* row) const { return dot(row, earlier_, n_) + dot(row, piece_, n_); }
  void add_to(float* row, float factor) const {
    add_scaled(row, earlier_, factor);
    add_scaled(row, piece_, factor);
  }

 private:
  void add_scaled(float* to, const float* from, float factor) const {
    multiply({1, n_, 1, &factor, 1, 1, from, n_, to, n_, true});
  }

  std::int64_t n_;
  float *earlier_, *piece_;
};

// scores: a_i . b_j over n numbers for j <= i < count, 0 behind them up to padded(count); a row every kPiece.
struct Inner {
  std::int64_t count, n;
};
inline void causal_scores(float* scores, const TileRows& a, const TileRows& b, const Inner& shape, Floats& columns) {
  const auto [count, n] = shape;
  const std::int64_t width = padded(count);
  float* turned = columns.make(padded(n) * kPiece);
  transpose(turned, b.row(0), {count, n, b.stride()}, width);
  multiply({count, width, n, a.row(0), a.stride(), 1, turned, width, scores, kPiece, false});
  for (std::int64_t i = 0; i < count; ++i) std::fill(scores + i * kPiece + i + 1, scores + i * kPiece + width, 0.0f);
}

}  // namespace attend::kernels::tiles
