// One task is one head of one row of the batch, a piece of its tokens after another: inside a piece the products of
// queries and keys, from piece to piece the running sums
//   S = sum k_j v_j^T (F x X),  z = sum plain_k_j (F).
// Backward goes over the pieces twice, so that no sums are stored: forwards with S for the queries' gradients,
// backwards with the sums of later queries for those of keys and values; each is a task. With y_i = q_i S_i, n_i =
// plain_q_i z_i and out = y / (n + e):
//   dy_i = d_out_i / (n_i + e),  dn_i = -(d_out_i . out_i) / (n_i + e)
// where out is as it was stored, in v's type, as in the softmax kernel.
#include "tasks.h"

#include "attend/kernels/linear_attention.h"
#include "pieces.h"
#include "../loops/rows.h"

namespace attend::kernels {
namespace {

using namespace tiles;

template <class T>
struct LinearForward {
  LinearHeads<T> x;
  Heads<T> out;
  float* inverse;  // (B, N, T)
};

template <class T>
void forward_task(const LinearPlan& plan, const LinearForward<T>& a, std::array<std::int64_t, 2> place,
                  LinearRoom& room) {
  const auto [b, n] = place;
  float* inverse = a.inverse + (b * plan.N + n) * plan.T;
  const std::int64_t FP = padded(plan.F), XP = padded(plan.X);
  float *S = zeros(room.matrix, FP * XP), *y = room.out.make(kPiece * XP);
  RowSum z(room.vector, FP);
  for (const auto [first, count, begins] : pieces_of(plan, b)) {
    if (begins) std::fill_n(S, FP * XP, 0.0f), z.clear();
    const PieceRows<T> rows(plan, a.x, {b, n, first}, count, room);
    const auto add_keys = [&, count = count] {
      multiply({plan.F, XP, count, rows.k.row(0), 1, rows.k.stride(), rows.v.row(0), rows.v.stride(), S, XP, true});
    };
    causal_scores(room.scores, rows.q, rows.k, {count, plan.F}, room.columns);
    multiply({count, XP, count, room.scores, kPiece, 1, rows.v.row(0), rows.v.stride(), y, XP, false});
    multiply({count, XP, plan.F, rows.q.row(0), rows.q.stride(), 1, S, XP, y, XP, true});
    add_keys();
    for (std::int64_t i = 0; i < count; ++i) {
      z.add(rows.plain_k.row(i), 1.0f);
      const float factor = 1.0f / (z.times(rows.plain_q.row(i)) + static_cast<float>(kLinearEpsilon));
      scale_row(y + i * XP, XP, inverse[first + i] = factor);
    }
    z.end_piece();
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

// Writes dy of a piece to room.dy (count x XP) and dn to room.dn.
template <class T>
void gradients_of_sums(const LinearPlan& plan, const LinearBackward<T>& a, const Place& place, std::int64_t count,
                       LinearRoom& room) {
  const auto [b, n, first] = place;
  const std::int64_t XP = padded(plan.X);
  float *dy = room.dy.make(kPiece * XP), *out = room.out.make(kPiece * XP);
  load_rows(dy, a.d_out.at(b, n, first), {count, plan.X, a.d_out.row}, 1.0f);
  load_rows(out, a.out.at(b, n, first), {count, plan.X, a.out.row}, 1.0f);
  const float* inverse = a.inverse + (b * plan.N + n) * plan.T + first;
  for (std::int64_t i = 0; i < count; ++i) {
    scale_row(dy + i * XP, XP, inverse[i]);
    room.dn[i] = -dot(dy + i * XP, out + i * XP, XP);
  }
}

// dq_i = sum over j <= i of (dy_i . v_j) k_j = ... + S dy_i;  dplain_q_i = dn_i z_i
template <class T>
void backward_queries(const LinearPlan& plan, const LinearBackward<T>& a, std::array<std::int64_t, 2> place,
                      LinearRoom& room) {
  const auto [b, n] = place;
  const std::int64_t F = plan.F, X = plan.X, FP = padded(F), XP = padded(X);
  float *S = zeros(room.matrix, XP * FP), *dq = room.d_q.make(kPiece * FP);  // S turned: (X, FP)
  RowSum z(room.vector, FP);
  for (const auto [first, count, begins] : pieces_of(plan, b)) {
    if (begins) std::fill_n(S, XP * FP, 0.0f), z.clear();
    const PieceRows<T> rows(plan, a.x, {b, n, first}, count, room);
    gradients_of_sums(plan, a, {b, n, first}, count, room);
    const TileRows dy(room.dy.data(), {count, XP, XP}, room.dy);
    causal_scores(room.d_scores, dy, rows.v, {count, X}, room.columns);
    multiply({count, FP, count, room.d_scores, kPiece, 1, rows.k.row(0), rows.k.stride(), dq, FP, false});
    multiply({count, FP, X, dy.row(0), XP, 1, S, FP, dq, FP, true});
    multiply({X, FP, count, rows.v.row(0), 1, rows.v.stride(), rows.k.row(0), rows.k.stride(), S, FP, true});
    float* d_plain = plan.plain ? zeros(room.d_plain, kPiece * FP) : dq;
    for (std::int64_t i = 0; i < count; ++i) {
      z.add(rows.plain_k.row(i), 1.0f);
      z.add_to(d_plain + i * FP, room.dn[i]);
    }
    z.end_piece();
    store_rows(a.d.q.at(b, n, first), dq, {count, F, a.d.q.row}, 1.0f);
    if (plan.plain) store_rows(a.d.plain_q.at(b, n, first), d_plain, {count, F, a.d.plain_q.row}, 1.0f);
  }
}

// dk_j = sum over i >= j of (dy_i . v_j) q_i;  dv_j = sum of (q_i . k_j) dy_i;  dplain_k_j = sum of dn_i plain_q_i
template <class T>
void backward_keys(const LinearPlan& plan, const LinearBackward<T>& a, std::array<std::int64_t, 2> place,
                   LinearRoom& room) {
  const auto [b, n] = place;
  const std::int64_t F = plan.F, X = plan.X, FP = padded(F), XP = padded(X);
  float *dS = zeros(room.matrix, FP * XP), *turned = room.turned.make(XP * FP);  // dS = sum q_i dy_i^T of later pieces
  float *dk = room.d_k.make(kPiece * FP), *dv = room.d_v.make(kPiece * XP);
  RowSum dz(room.vector, FP);
  const auto pieces = pieces_of(plan, b);
  for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece) {
    const auto [first, count, begins] = *piece;
    const PieceRows<T> rows(plan, a.x, {b, n, first}, count, room);
    gradients_of_sums(plan, a, {b, n, first}, count, room);
    const TileRows dy(room.dy.data(), {count, XP, XP}, room.dy);
    causal_scores(room.scores, rows.q, rows.k, {count, F}, room.columns);
    causal_scores(room.d_scores, dy, rows.v, {count, X}, room.columns);
    multiply({count, XP, count, room.scores, 1, kPiece, dy.row(0), XP, dv, XP, false});
    multiply({count, XP, F, rows.k.row(0), rows.k.stride(), 1, dS, XP, dv, XP, true});
    transpose(turned, dS, {FP, X, XP}, FP);
    multiply({count, FP, count, room.d_scores, 1, kPiece, rows.q.row(0), rows.q.stride(), dk, FP, false});
    multiply({count, FP, X, rows.v.row(0), rows.v.stride(), 1, turned, FP, dk, FP, true});
    multiply({F, XP, count, rows.q.row(0), 1, rows.q.stride(), dy.row(0), XP, dS, XP, true});
    float* d_plain = plan.plain ? zeros(room.d_plain, kPiece * FP) : dk;
    for (std::int64_t i = count - 1; i >= 0; --i) {
      dz.add(rows.plain_q.row(i), room.dn[i]);
      dz.add_to(d_plain + i * FP, 1.0f);
    }
    dz.end_piece();
    store_rows(a.d.k.at(b, n, first), dk, {count, F, a.d.k.row}, 1.0f);
    store_rows(a.d.v.at(b, n, first), dv, {count, X, a.d.v.row}, 1.0f);
    if (plan.plain) store_rows(a.d.plain_k.at(b, n, first), d_plain, {count, F, a.d.plain_k.row}, 1.0f);
    if (begins) std::fill_n(dS, FP * XP, 0.0f), dz.clear();
  }
}

// Calls body(row of the batch and head, pass, room) for each of `passes`.
template <class Body>
void for_heads(const LinearPlan& plan, std::int64_t passes, Body&& body) {
  at::parallel_for(0, plan.B * plan.N * passes, 1, [&](std::int64_t begin, std::int64_t end) {
    LinearRoom room;
    for (std::int64_t task = begin; task < end; ++task) {
      const std::int64_t head = task / passes;
      body(std::array{head / plan.N, head % plan.N}, task % passes, room);
    }
  });
}

}  // namespace

void linear_attention_forward(const LinearPlan& plan, const LinearTensors& x, const LinearResult& result) {
  with_element_type(x.v.scalar_type(), [&](auto* type) {
    using T = ElementOf<decltype(type)>;
    const LinearForward<T> all{LinearHeads<T>(x), heads_of<T>(result.out), result.inverse.mutable_data_ptr<float>()};
    for_heads(plan, 1, [&](std::array<std::int64_t, 2> place, std::int64_t, LinearRoom& room) {
      forward_task(plan, all, place, room);
    });
  });
}

void linear_attention_backward(const LinearPlan& plan, const LinearTensors& x, const LinearResult& forward,
                               const at::Tensor& d_out, const LinearTensors& gradients) {
  with_element_type(x.v.scalar_type(), [&](auto* type) {
    using T = ElementOf<decltype(type)>;
    const LinearBackward<T> all{LinearHeads<T>(x), heads_of<T>(forward.out), heads_of<T>(d_out),
                                forward.inverse.const_data_ptr<float>(), LinearHeads<T>(gradients)};
    for_heads(plan, 2, [&](std::array<std::int64_t, 2> place, std::int64_t pass, LinearRoom& room) {
      if (pass == 0) backward_queries(plan, all, place, room);
      else backward_keys(plan, all, place, room);
    });
  });
}

}  // namespace attend::kernels
