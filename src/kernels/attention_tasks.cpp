// B batch, N heads, M kv heads, Tq queries, Tk keys, H head size. One task is one key head of one sentence: its keys and
// values become float32 tiles once, and the query heads of its group pass over them, a tile of queries at a time.
#include "attention_tasks.h"

#include <ATen/Functions.h>

#include <array>
#include <cmath>
#include <vector>

#include "attention_tiles.h"
#include "rows.h"

namespace attend::kernels {
namespace {

using namespace tiles;

template <class T>
struct Heads {
  T* data;
  std::int64_t batch, head, row;  // strides
  T* at(std::int64_t b, std::int64_t n, std::int64_t t) const { return data + b * batch + n * head + t * row; }
};
template <class T>
Heads<T> heads_of(const at::Tensor& x) {
  return {static_cast<T*>(x.data_ptr()), x.stride(0), x.stride(1), x.stride(2)};
}

// Keys and values of one sentence and key head. Keys after the last valid one are left out altogether.
class Keys {
 public:
  template <class T>
  Keys(const AttentionPlan& plan, const Heads<T>& k, const Heads<T>& v, std::int64_t b, std::int64_t m) : plan_(plan) {
    count = plan.Tk;
    const bool* valid = plan.key_valid ? plan.key_valid + b * plan.Tk : nullptr;
    while (valid && count > 0 && !valid[count - 1]) --count;
    width = padded(count);
    HP = padded(plan.H);
    rows_k.resize(static_cast<std::size_t>(count * HP));
    rows_v.resize(rows_k.size());
    penalty.assign(static_cast<std::size_t>(width), -kInfinity);
    for (std::int64_t j = 0; j < count; ++j)
      if (!valid || valid[j]) penalty[static_cast<std::size_t>(j)] = 0;
    load_rows(rows_k.data(), k.at(b, m, 0), {count, plan.H, k.row}, 1.0f);
    load_rows(rows_v.data(), v.at(b, m, 0), {count, plan.H, v.row}, 1.0f);
    columns_k.resize(static_cast<std::size_t>(HP * width));
    transpose(columns_k.data(), rows_k.data(), {count, plan.H, 0}, width);
  }

  // Keys that any of these queries may see.
  std::int64_t seen(std::int64_t last_query) const {
    return plan_.causal ? std::clamp<std::int64_t>(last_query + 1 + plan_.Tk - plan_.Tq, 0, count) : count;
  }

  std::int64_t count, width, HP;
  std::vector<float> rows_k, rows_v, columns_k, penalty;

 private:
  const AttentionPlan& plan_;
};

// A tile of queries i0.. against keys j0.., with the draws of its dropout.
class Window {
 public:
  Window(const AttentionPlan& plan, const Keys& keys) : plan_(plan), keys_(keys), scale_(dropout_scale(plan.dropout.p)) {}

  Tile at(std::int64_t b, std::int64_t n, std::int64_t i0, std::int64_t j0) {
    const std::int64_t queries = std::min(kQueries, plan_.Tq - i0);
    const std::int64_t last = keys_.seen(i0 + queries - 1);
    const std::int64_t wide = std::min(kKeys, padded(last) - j0);
    Tile tile{queries, wide, keys_.penalty.data() + j0, (plan_.causal ? i0 + 1 + plan_.Tk - plan_.Tq : keys_.count) - j0, plan_.causal ? 1 : 0,
              nullptr, scale_.threshold, scale_.scale};
    if (!plan_.dropout.active()) return tile;
    fill_attention_draws(draws_, {n, i0, queries, j0, wide / 8}, draw_row(plan_.dropout.site, b));
    tile.draws = draws_;
    return tile;
  }

 private:
  const AttentionPlan& plan_;
  const Keys& keys_;
  DropoutScale scale_;
  alignas(64) std::uint16_t draws_[kQueries * kKeys + 128];
};

// scores (queries x keys of the tile) = q k^T
void score(float* scores, const float* q, const Keys& keys, const Tile& tile, std::int64_t H) {
  const std::int64_t j0 = tile.penalty - keys.penalty.data();
  multiply({tile.queries, tile.keys, H, q, keys.HP, 1, keys.columns_k.data() + j0, keys.width, scores, tile.keys, false});
}

template <class T>
void forward_tile(const AttentionPlan& plan, const Keys& keys, const float* q, float* out, RowState* states, const Tile& tile) {
  alignas(64) float scores[kQueries * kKeys];
  score(scores, q, keys, tile, plan.H);
  soften(scores, tile, states);
  const std::int64_t j0 = tile.penalty - keys.penalty.data(), real = std::min(tile.keys, keys.count - j0);
  if (j0 > 0)
    for (std::int64_t i = 0; i < tile.queries; ++i) scale_row(out + i * keys.HP, keys.HP, states[i].shrink);
  multiply({tile.queries, keys.HP, real, scores, tile.keys, 1, keys.rows_v.data() + j0 * keys.HP, keys.HP, out, keys.HP, j0 > 0});
}

template <class T>
void forward_task(const AttentionPlan& plan, const Heads<T> (&qkv)[3], const Heads<T>& out, float* log_sum_exp, std::int64_t b, std::int64_t m) {
  const Keys keys(plan, qkv[1], qkv[2], b, m);
  Window window(plan, keys);
  std::vector<float> q(static_cast<std::size_t>(kQueries * keys.HP)), result(q.size());
  const std::int64_t group = plan.N / plan.M;
  for (std::int64_t n = m * group; n < (m + 1) * group; ++n)
    for (std::int64_t i0 = 0; i0 < plan.Tq; i0 += kQueries) {
      const std::int64_t queries = std::min(kQueries, plan.Tq - i0), seen = keys.seen(i0 + queries - 1);
      RowState states[kQueries];
      for (RowState& s : states) s = {-kInfinity, 0.0f, 0.0f};
      load_rows(q.data(), qkv[0].at(b, n, i0), {queries, plan.H, qkv[0].row}, plan.scale);
      if (seen == 0) std::fill(result.begin(), result.end(), 0.0f);
      for (std::int64_t j0 = 0; j0 < seen; j0 += kKeys) forward_tile<T>(plan, keys, q.data(), result.data(), states, window.at(b, n, i0, j0));
      for (std::int64_t i = 0; i < queries; ++i) {
        const RowState& s = states[i];
        scale_row(result.data() + i * keys.HP, keys.HP, s.total > 0 ? 1.0f / s.total : 0.0f);
        log_sum_exp[(b * plan.N + n) * plan.Tq + i0 + i] = s.total > 0 ? s.high + std::log(s.total) : -kInfinity;
      }
      store_rows(out.at(b, n, i0), result.data(), {queries, plan.H, out.row}, 1.0f);
    }
}

// Gradients of one task while it runs: keys and values in rows of HP.
struct KeyGradients {
  std::vector<float> k, v;
};

template <class T>
struct BackwardTensors {
  Heads<T> q, k, v, out, d_out, dq, dk, dv;
  const float* log_sum_exp;
};

// The queries i0.. of head n against every key they see.
template <class T>
void backward_queries(const AttentionPlan& plan, const Keys& keys, const float* columns_v, const BackwardTensors<T>& x, KeyGradients& gradients,
                      Window& window, const std::array<std::int64_t, 3>& place) {
  const auto [b, n, i0] = place;
  const std::int64_t HP = keys.HP, queries = std::min(kQueries, plan.Tq - i0), seen = keys.seen(i0 + queries - 1);
  alignas(64) float q[kQueries * kMaxHead], d_out[kQueries * kMaxHead], dq[kQueries * kMaxHead];
  alignas(64) float scores[kQueries * kKeys], d_scores[kQueries * kKeys];
  float delta[kQueries];
  load_rows(q, x.q.at(b, n, i0), {queries, plan.H, x.q.row}, plan.scale);
  load_rows(d_out, x.d_out.at(b, n, i0), {queries, plan.H, x.d_out.row}, 1.0f);
  load_rows(dq, x.out.at(b, n, i0), {queries, plan.H, x.out.row}, 1.0f);  // out, until delta is known
  for (std::int64_t i = 0; i < queries; ++i) delta[i] = dot(d_out + i * HP, dq + i * HP, HP);
  if (seen == 0) std::fill(dq, dq + queries * HP, 0.0f);
  for (std::int64_t j0 = 0; j0 < seen; j0 += kKeys) {
    const Tile tile = window.at(b, n, i0, j0);
    const std::int64_t real = std::min(tile.keys, keys.count - j0);
    score(scores, q, keys, tile, plan.H);
    multiply({queries, tile.keys, plan.H, d_out, HP, 1, columns_v + j0, keys.width, d_scores, tile.keys, false});
    soften_backward(scores, d_scores, tile, {x.log_sum_exp + (b * plan.N + n) * plan.Tq + i0, delta});
    multiply({real, HP, queries, scores, 1, tile.keys, d_out, HP, gradients.v.data() + j0 * HP, HP, true});
    multiply({real, HP, queries, d_scores, 1, tile.keys, q, HP, gradients.k.data() + j0 * HP, HP, true});
    multiply({queries, HP, real, d_scores, tile.keys, 1, keys.rows_k.data() + j0 * HP, HP, dq, HP, j0 > 0});
  }
  store_rows(x.dq.at(b, n, i0), dq, {queries, plan.H, x.dq.row}, plan.scale);
}

template <class T>
void backward_task(const AttentionPlan& plan, const BackwardTensors<T>& x, std::int64_t b, std::int64_t m) {
  const Keys keys(plan, x.k, x.v, b, m);
  Window window(plan, keys);
  std::vector<float> columns_v(keys.columns_k.size());
  transpose(columns_v.data(), keys.rows_v.data(), {keys.count, plan.H, 0}, keys.width);
  const auto size = static_cast<std::size_t>(plan.Tk * keys.HP);  // keys left out keep their zeros
  KeyGradients gradients{std::vector<float>(size), std::vector<float>(size)};
  const std::int64_t group = plan.N / plan.M;
  for (std::int64_t n = m * group; n < (m + 1) * group; ++n)
    for (std::int64_t i0 = 0; i0 < plan.Tq; i0 += kQueries)
      backward_queries(plan, keys, columns_v.data(), x, gradients, window, {b, n, i0});
  store_rows(x.dk.at(b, m, 0), gradients.k.data(), {plan.Tk, plan.H, x.dk.row}, 1.0f);
  store_rows(x.dv.at(b, m, 0), gradients.v.data(), {plan.Tk, plan.H, x.dv.row}, 1.0f);
}

template <class Body>
void for_key_heads(const AttentionPlan& plan, Body&& body) {
  at::parallel_for(0, plan.B * plan.M, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t task = begin; task < end; ++task) body(task / plan.M, task % plan.M);
  });
}

}  // namespace

void attention_forward(const AttentionPlan& plan, const HeadTensors& x, const at::Tensor& out, const at::Tensor& log_sum_exp) {
  float* lse = log_sum_exp.mutable_data_ptr<float>();
  with_element_type(x.q.scalar_type(), [&](auto* type) {
    using T = ElementOf<decltype(type)>;
    const Heads<T> qkv[3] = {heads_of<T>(x.q), heads_of<T>(x.k), heads_of<T>(x.v)}, to = heads_of<T>(out);
    for_key_heads(plan, [&](std::int64_t b, std::int64_t m) { forward_task<T>(plan, qkv, to, lse, b, m); });
  });
}

void attention_backward(const AttentionPlan& plan, const HeadTensors& x, const ForwardResult& forward, const at::Tensor& d_out,
                        const HeadTensors& gradients) {
  with_element_type(x.q.scalar_type(), [&](auto* type) {
    using T = ElementOf<decltype(type)>;
    const BackwardTensors<T> all{heads_of<T>(x.q),         heads_of<T>(x.k),         heads_of<T>(x.v),
                                 heads_of<T>(forward.out), heads_of<T>(d_out),       heads_of<T>(gradients.q),
                                 heads_of<T>(gradients.k), heads_of<T>(gradients.v), forward.log_sum_exp.const_data_ptr<float>()};
    for_key_heads(plan, [&](std::int64_t b, std::int64_t m) { backward_task<T>(plan, all, b, m); });
  });
}

}  // namespace attend::kernels
