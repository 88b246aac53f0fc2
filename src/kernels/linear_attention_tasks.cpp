// One task is one head of one row of the batch, a piece of its tokens after another: inside a piece the products of queries
// and keys, from piece to piece the running sums
//   S = sum k_j v_j^T (F x X),  z = sum plain_k_j (F).
// Backward goes over the pieces twice, so that no sums are stored: forwards with S for the queries' gradients, backwards with
// the sums of later queries for those of keys and values. With y_i = q_i S_i, n_i = plain_q_i z_i and out = y / (n + e):
//   dy_i = d_out_i / (n_i + e),  dn_i = -(d_out_i . out_i) / (n_i + e)
// FP and XP are padded(F) and padded(X).
#include "linear_attention_tasks.h"

#include <algorithm>
#include <array>
#include <vector>

#include "attend/core/mutant.h"
#include "attend/kernels/linear_attention.h"
#include "rows.h"
#include "tile_memory.h"

namespace attend::kernels {
namespace {

using namespace tiles;

constexpr std::int64_t kPiece = 64;  // tokens; small enough for the halves above the diagonal to cost little

// Consecutive tokens of one segment.
struct Piece {
  std::int64_t first, count;
  bool begins;  // a segment
};

std::vector<Piece> pieces_of(const LinearPlan& plan, std::int64_t b) {
  const std::int64_t* segment = plan.segments ? plan.segments + b * plan.T : nullptr;
  std::vector<Piece> pieces;
  for (std::int64_t t = 0, end = 0; t < plan.T; t = end) {
    const bool begins = t == 0 || (segment && segment[t] != segment[t - 1]);
    for (end = t + 1; end < plan.T && end - t < kPiece && (!segment || segment[end] == segment[t]);) ++end;
    pieces.push_back({t, end - t, begins});
  }
  return pieces;
}

// Room of one thread. The sums of the keys before, or of the queries behind: matrix, and vector of the normaliser.
struct LinearRoom {
  Floats q, k, plain_q, plain_k, v, out, d_out, columns, matrix, turned, vector, y, d_q, d_k, d_plain, d_v;
  alignas(64) float scores[kPiece * kPiece], d_scores[kPiece * kPiece];
  float dn[kPiece];
};

template <class T>
struct LinearHeads {
  explicit LinearHeads(const LinearTensors& x)
      : q(heads_of<float>(x.q)), k(heads_of<float>(x.k)), plain_q(heads_of<float>(x.plain_q)), plain_k(heads_of<float>(x.plain_k)), v(heads_of<T>(x.v)) {}
  Heads<float> q, k, plain_q, plain_k;
  Heads<T> v;
};

// The rows of a piece in the form of tiles.
template <class T>
struct PieceRows {
  PieceRows(const LinearPlan& plan, const LinearHeads<T>& x, std::array<std::int64_t, 3> place, std::int64_t count, LinearRoom& room)
      : q(rows(x.q, place, {count, plan.F, x.q.row}, room.q)),
        k(rows(x.k, place, {count, plan.F, x.k.row}, room.k)),
        plain_q(plan.plain ? rows(x.plain_q, place, {count, plan.F, x.plain_q.row}, room.plain_q) : q),
        plain_k(plan.plain ? rows(x.plain_k, place, {count, plan.F, x.plain_k.row}, room.plain_k) : k),
        v(rows(x.v, place, {count, plan.X, x.v.row}, room.v)) {}
  TileRows q, k, plain_q, plain_k, v;

 private:
  template <class E>
  static TileRows rows(const Heads<E>& x, const std::array<std::int64_t, 3>& at, const Rows& shape, Floats& room) {
    return {x.at(at[0], at[1], at[2]), shape, room};
  }
};

float* zeros(Floats& room, std::int64_t n) {
  float* x = room.make(n);
  std::fill_n(x, n, 0.0f);
  return x;
}

void add_scaled(float* to, const float* from, std::int64_t n, float factor) { multiply({1, n, 1, &factor, 1, 1, from, n, to, n, true}); }

// scores (count x kPiece) = a b^T below and on the diagonal, 0 above it; rows of `width`.
void causal_scores(float* scores, const TileRows& a, const TileRows& b, const Rows& shape, Floats& columns) {
  const std::int64_t count = shape.count, width = padded(count);
  float* turned = columns.make(padded(shape.n) * kPiece);
  transpose(turned, b.row(0), {count, shape.n, b.stride()}, width);
  multiply({count, width, shape.n, a.row(0), a.stride(), 1, turned, width, scores, kPiece, false});
  for (std::int64_t i = 0; i < count; ++i) std::fill(scores + i * kPiece + i + 1, scores + i * kPiece + width, 0.0f);
}

template <class T>
struct LinearForward {
  LinearHeads<T> x;
  Heads<T> out;
  float* inverse;  // (B, N, T)
};

template <class T>
void forward_task(const LinearPlan& plan, const LinearForward<T>& a, std::array<std::int64_t, 2> place, LinearRoom& room) {
  const auto [b, n] = place;
  float* inverse = a.inverse + (b * plan.N + n) * plan.T;
  const std::int64_t FP = padded(plan.F), XP = padded(plan.X);
  float *sums = room.matrix.make(FP * XP), *ones = room.vector.make(FP), *y = room.y.make(kPiece * XP);
  for (const auto [first, count, begins] : pieces_of(plan, b)) {
    if (begins) std::fill_n(sums, FP * XP, 0.0f), std::fill_n(ones, FP, 0.0f);
    const PieceRows<T> rows(plan, a.x, {b, n, first}, count, room);
    causal_scores(room.scores, rows.q, rows.k, {count, plan.F, 0}, room.columns);
    const auto add_keys = [&, count = count] {
      multiply({plan.F, XP, count, rows.k.row(0), 1, rows.k.stride(), rows.v.row(0), rows.v.stride(), sums, XP, true});
    };
    if (mutated("sums_of_the_future")) add_keys();
    multiply({count, XP, count, room.scores, kPiece, 1, rows.v.row(0), rows.v.stride(), y, XP, false});
    multiply({count, XP, plan.F, rows.q.row(0), rows.q.stride(), 1, sums, XP, y, XP, true});
    add_keys();
    for (std::int64_t i = 0; i < count; ++i) {
      add_row(ones, rows.plain_k.row(i), FP);
      const float factor = 1.0f / (dot(rows.plain_q.row(i), ones, FP) + static_cast<float>(kLinearEpsilon));
      scale_row(y + i * XP, XP, inverse[first + i] = factor);
    }
    store_rows(a.out.at(b, n, first), y, {count, plan.X, a.out.row}, 1.0f);
  }
}

template <class T>
struct LinearBackward {
  LinearHeads<T> x;
  Heads<T> out, d_out;
  const float* inverse;  // (B, N, T)
  LinearHeads<T> d;
};

// room.d_out: dy (count x XP); room.dn
template <class T>
void gradients_of_sums(const LinearPlan& plan, const LinearBackward<T>& a, std::array<std::int64_t, 3> place, std::int64_t count, LinearRoom& room) {
  const auto [b, n, first] = place;
  const std::int64_t XP = padded(plan.X);
  float *dy = room.d_out.make(kPiece * XP), *out = room.out.make(kPiece * XP);
  load_rows(dy, a.d_out.at(b, n, first), {count, plan.X, a.d_out.row}, 1.0f);
  load_rows(out, a.out.at(b, n, first), {count, plan.X, a.out.row}, 1.0f);
  const float* inverse = a.inverse + (b * plan.N + n) * plan.T + first;
  for (std::int64_t i = 0; i < count; ++i) {
    scale_row(dy + i * XP, XP, inverse[i]);
    room.dn[i] = -dot(dy + i * XP, out + i * XP, XP);
  }
}

// dq_i = sum over j <= i of (dy_i . v_j) k_j;  dplain_q_i = dn_i z_i
template <class T>
void backward_queries(const LinearPlan& plan, const LinearBackward<T>& a, std::array<std::int64_t, 2> place, LinearRoom& room) {
  const auto [b, n] = place;
  const std::int64_t F = plan.F, X = plan.X, FP = padded(F), XP = padded(X);
  float *sums = room.matrix.make(XP * FP), *ones = room.vector.make(FP), *dq = room.d_q.make(kPiece * FP);  // sums: S^T
  for (const auto [first, count, begins] : pieces_of(plan, b)) {
    if (begins) std::fill_n(sums, XP * FP, 0.0f), std::fill_n(ones, FP, 0.0f);
    const PieceRows<T> rows(plan, a.x, {b, n, first}, count, room);
    gradients_of_sums(plan, a, {b, n, first}, count, room);
    const float* dy = room.d_out.data();
    causal_scores(room.d_scores, TileRows(dy, {count, XP, XP}, room.d_out), rows.v, {count, X, 0}, room.columns);
    multiply({count, FP, count, room.d_scores, kPiece, 1, rows.k.row(0), rows.k.stride(), dq, FP, false});
    multiply({count, FP, X, dy, XP, 1, sums, FP, dq, FP, true});
    multiply({X, FP, count, rows.v.row(0), 1, rows.v.stride(), rows.k.row(0), rows.k.stride(), sums, FP, true});
    float* d_plain = plan.plain ? zeros(room.d_plain, kPiece * FP) : dq;
    for (std::int64_t i = 0; i < count; ++i) {
      add_row(ones, rows.plain_k.row(i), FP);
      add_scaled(d_plain + i * FP, ones, FP, room.dn[i]);
    }
    store_rows(a.d.q.at(b, n, first), dq, {count, F, a.d.q.row}, 1.0f);
    if (plan.plain) store_rows(a.d.plain_q.at(b, n, first), d_plain, {count, F, a.d.plain_q.row}, 1.0f);
  }
}

// dk_j = sum over i >= j of (dy_i . v_j) q_i;  dv_j = sum of (q_i . k_j) dy_i;  dplain_k_j = sum of dn_i plain_q_i
template <class T>
void backward_keys(const LinearPlan& plan, const LinearBackward<T>& a, std::array<std::int64_t, 2> place, LinearRoom& room) {
  const auto [b, n] = place;
  const std::int64_t F = plan.F, X = plan.X, FP = padded(F), XP = padded(X);
  float *sums = zeros(room.matrix, FP * XP), *turned = room.turned.make(XP * FP), *ones = zeros(room.vector, FP);  // sums of q_i dy_i^T
  float *dk = room.d_k.make(kPiece * FP), *dv = room.d_v.make(kPiece * XP);
  const auto pieces = pieces_of(plan, b);
  for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece) {
    const auto [first, count, begins] = *piece;
    const PieceRows<T> rows(plan, a.x, {b, n, first}, count, room);
    gradients_of_sums(plan, a, {b, n, first}, count, room);
    const float* dy = room.d_out.data();
    causal_scores(room.scores, rows.q, rows.k, {count, F, 0}, room.columns);
    causal_scores(room.d_scores, TileRows(dy, {count, XP, XP}, room.d_out), rows.v, {count, X, 0}, room.columns);
    multiply({count, XP, count, room.scores, 1, kPiece, dy, XP, dv, XP, false});
    multiply({count, XP, F, rows.k.row(0), rows.k.stride(), 1, sums, XP, dv, XP, true});
    transpose(turned, sums, {FP, X, XP}, FP);
    multiply({count, FP, count, room.d_scores, 1, kPiece, rows.q.row(0), rows.q.stride(), dk, FP, false});
    multiply({count, FP, X, rows.v.row(0), rows.v.stride(), 1, turned, FP, dk, FP, true});
    multiply({F, XP, count, rows.q.row(0), 1, rows.q.stride(), dy, XP, sums, XP, true});
    float* d_plain = plan.plain ? zeros(room.d_plain, kPiece * FP) : dk;
    for (std::int64_t i = count - 1; i >= 0; --i) {
      add_scaled(ones, rows.plain_q.row(i), FP, room.dn[i]);
      add_row(d_plain + i * FP, ones, FP);
    }
    store_rows(a.d.k.at(b, n, first), dk, {count, F, a.d.k.row}, 1.0f);
    store_rows(a.d.v.at(b, n, first), dv, {count, X, a.d.v.row}, 1.0f);
    if (plan.plain) store_rows(a.d.plain_k.at(b, n, first), d_plain, {count, F, a.d.plain_k.row}, 1.0f);
    if (begins) std::fill_n(sums, FP * XP, 0.0f), std::fill_n(ones, FP, 0.0f);
  }
}

template <class Body>
void for_heads(const LinearPlan& plan, Body&& body) {
  at::parallel_for(0, plan.B * plan.N, 1, [&](std::int64_t begin, std::int64_t end) {
    LinearRoom room;
    for (std::int64_t task = begin; task < end; ++task) body(std::array{task / plan.N, task % plan.N}, room);
  });
}

}  // namespace

void linear_attention_forward(const LinearPlan& plan, const LinearTensors& x, const LinearResult& result) {
  with_element_type(x.v.scalar_type(), [&](auto* type) {
    using T = ElementOf<decltype(type)>;
    const LinearForward<T> all{LinearHeads<T>(x), heads_of<T>(result.out), result.inverse.mutable_data_ptr<float>()};
    for_heads(plan, [&](std::array<std::int64_t, 2> place, LinearRoom& room) { forward_task(plan, all, place, room); });
  });
}

void linear_attention_backward(const LinearPlan& plan, const LinearTensors& x, const LinearResult& forward, const at::Tensor& d_out,
                               const LinearTensors& gradients) {
  with_element_type(x.v.scalar_type(), [&](auto* type) {
    using T = ElementOf<decltype(type)>;
    const LinearBackward<T> all{LinearHeads<T>(x), heads_of<T>(forward.out), heads_of<T>(d_out), forward.inverse.const_data_ptr<float>(),
                                LinearHeads<T>(gradients)};
    for_heads(plan, [&](std::array<std::int64_t, 2> place, LinearRoom& room) {
      backward_queries(plan, all, place, room);
      backward_keys(plan, all, place, room);
    });
  });
}

}  // namespace attend::kernels
