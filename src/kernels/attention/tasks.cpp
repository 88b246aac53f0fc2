// B batch, N heads, M kv heads, Tq queries, Tk keys, H head size. One task is one key head of one sentence: its keys
// and values are brought into the form that products read once, and the query heads of its group pass over them, a tile
// of queries at a time. HP is padded(H).
#include "tasks.h"

#include <ATen/Functions.h>

#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "float_products.h"
#include "matrix_products.h"
#include "../loops/rows.h"

namespace attend::kernels {
namespace {

using namespace tiles;

// Neighbouring keys that some query of a tile of queries sees: from `begin`, a multiple of 16, before `end`.
struct Stretch {
  std::int64_t begin, end;
};

// Queries i0.. of head n in row b: which keys they see, and their tiles. Where the plan has blocks of keys, a tile of
// queries ends with its block, so that all of its queries read the same blocks.
class Window {
 public:
  Window(const AttentionPlan& plan, const KeyRange& keys, float score_scale)
      : plan_(plan), keys_(keys), score_scale_(score_scale), scale_(dropout_scale(plan.dropout.p)) {}

  void move_to(std::int64_t b, std::int64_t n, std::int64_t i0) {
    b_ = b, n_ = n, i0_ = i0;
    queries = std::min(kQueries, plan_.Tq - i0);
    const std::int64_t place = i0 + plan_.Tk - plan_.Tq, block = plan_.blocks.block;
    if (block > 0) queries = std::min(queries, block - place % block);
    std::int64_t begin = keys_.count, end = 0;
    for (std::int64_t i = 0; i < queries; ++i) {
      const auto [low, high] = visible(i0 + i);
      low_[i] = static_cast<std::int32_t>(low), high_[i] = static_cast<std::int32_t>(high);
      if (low >= high) continue;
      begin = std::min(begin, low), end = std::max(end, high);
    }
    stretches.clear();
    if (block > 0) add_blocks(plan_.blocks.of(b, n, place), begin, end);
    else if (begin < end) stretches.push_back({begin / 16 * 16, end});
  }

  // The tile of keys j0.. of a stretch. Keys beside the stretch that share its first or last sixteen are not seen.
  Tile at(const Stretch& stretch, std::int64_t j0) {
    const std::int64_t wide = std::min(kKeys, padded(stretch.end) - j0);
    const bool cut = plan_.blocks.block > 0;
    if (cut && j0 == stretch.begin) cut_to(stretch);
    Tile tile{queries, wide, keys_.real + j0, j0, cut ? cut_low_ : low_, cut ? cut_high_ : high_, score_scale_,
              nullptr, nullptr, scale_.threshold, scale_.scale};
    if (plan_.bias) tile.bias = plan_.bias + n_ * plan_.bias_row + bias_column(j0);
    if (!plan_.dropout.active()) return tile;
    fill_attention_draws(draws_, {n_, i0_, queries, j0, wide / 8}, draw_row(plan_.dropout.site, b_));
    tile.draws = draws_;
    return tile;
  }
  // Where query i0 and key j0 meet in a row of the bias.
  std::int64_t bias_column(std::int64_t j0) const { return j0 - i0_ + plan_.Tq - 1; }

  std::int64_t queries = 0;
  std::vector<Stretch> stretches;  // in ascending order; empty: no query sees a key

 private:
  // Keys from first on, before second.
  std::pair<std::int64_t, std::int64_t> visible(std::int64_t query) const {
    const std::int64_t position = query + plan_.Tk - plan_.Tq;
    std::int64_t low = 0, high = keys_.count;
    if (plan_.causal) high = std::min(high, position + 1);
    if (plan_.window > 0)
      low = std::max(low, position - plan_.window + 1), high = std::min(high, position + plan_.window);
    if (plan_.segments) {
      const std::int32_t* segment = plan_.segments + (b_ * plan_.Tq + query) * 2;
      low = std::max<std::int64_t>(low, segment[0]), high = std::min<std::int64_t>(high, segment[1]);
    }
    return {low, high};
  }
  // The listed blocks between begin and end; neighbours become one stretch.
  void add_blocks(const std::int32_t* listed, std::int64_t begin, std::int64_t end) {
    const std::int64_t block = plan_.blocks.block;
    std::int64_t last = -1;  // where the stretch before ends
    for (std::int64_t i = 0; i < plan_.blocks.count && listed[i] >= 0; ++i) {
      const std::int64_t first = std::max(listed[i] * block, begin), behind = std::min((listed[i] + 1) * block, end);
      if (first >= behind) continue;
      if (first == last) stretches.back().end = behind;
      else stretches.push_back({first / 16 * 16, behind}), firsts_.resize(stretches.size()), firsts_.back() = first;
      last = behind;
    }
  }
  void cut_to(const Stretch& stretch) {
    const auto first = static_cast<std::int32_t>(firsts_[static_cast<std::size_t>(&stretch - stretches.data())]);
    const auto behind = static_cast<std::int32_t>(stretch.end);
    for (std::int64_t i = 0; i < queries; ++i)
      cut_low_[i] = std::max(low_[i], first), cut_high_[i] = std::min(high_[i], behind);
  }

  const AttentionPlan& plan_;
  const KeyRange& keys_;
  float score_scale_;
  DropoutScale scale_;
  std::int64_t b_ = 0, n_ = 0, i0_ = 0;
  std::vector<std::int64_t> firsts_;  // the first key of each stretch that its blocks hold
  std::int32_t low_[kQueries], high_[kQueries], cut_low_[kQueries], cut_high_[kQueries];
  alignas(64) std::uint16_t draws_[kQueries * kKeys + 128];
};

// Calls body(tile, whether it is the first) for each tile of keys that the queries see.
template <class Body>
void for_tiles(Window& window, const Body& body) {
  bool first = true;
  for (const Stretch& stretch : window.stretches)
    for (std::int64_t j0 = stretch.begin; j0 < stretch.end; j0 += kKeys)
      body(window.at(stretch, j0), std::exchange(first, false));
}

template <class Products, class T>
void forward_task(const AttentionPlan& plan, const Heads<T> (&qkv)[3], const Heads<T>& out, float* log_sum_exp,
                  std::array<std::int64_t, 2> place, Room& room) {
  const auto [b, m] = place;
  Products products(plan, qkv[1], qkv[2], place, room);
  Window window(plan, products.keys, products.score_scale());
  const std::int64_t HP = padded(plan.H), group = plan.N / plan.M;
  float* result = room.out.make(kQueries * HP);
  alignas(64) float scores[kQueries * kKeys];
  for (std::int64_t n = m * group; n < (m + 1) * group; ++n)
    for (std::int64_t i0 = 0; i0 < plan.Tq; i0 += window.queries) {
      window.move_to(b, n, i0);
      const std::int64_t queries = window.queries;
      RowState states[kQueries];
      for (RowState& s : states) s = {-kInfinity, 0.0f, 0.0f};
      products.take(qkv[0].at(b, n, i0), {queries, plan.H, qkv[0].row}, nullptr);
      if (window.stretches.empty()) std::fill_n(result, kQueries * HP, 0.0f);
      for_tiles(window, [&](const Tile& tile, bool first) {
        products.score(scores, tile);
        soften(scores, tile, states);
        if (!first)
          for (std::int64_t i = 0; i < queries; ++i) scale_row(result + i * HP, HP, states[i].shrink);
        products.mix(result, scores, tile, !first);
      });
      for (std::int64_t i = 0; i < queries; ++i) {
        const RowState& s = states[i];
        scale_row(result + i * HP, HP, s.total == 0 ? 0.0f : 1.0f / s.total);
        log_sum_exp[(b * plan.N + n) * plan.Tq + i0 + i] = s.total == 0 ? -kInfinity : s.high + std::log(s.total);
      }
      store_rows(out.at(b, n, i0), result, {queries, plan.H, out.row}, 1.0f);
    }
}

template <class T>
struct BackwardTensors {
  Heads<T> q, k, v, out, d_out, dq, dk, dv;
  const float *log_sum_exp, *d_log_sum_exp;
  float* d_bias;  // (B, N, bias_row) or null
};

// The queries i0.. of head n against every key they see.
template <class Products, class T>
void backward_queries(const AttentionPlan& plan, Products& products, const BackwardTensors<T>& x,
                      const KeyGradients& gradients, Window& window, const std::array<std::int64_t, 3>& place) {
  const auto [b, n, i0] = place;
  window.move_to(b, n, i0);
  const std::int64_t HP = padded(plan.H), queries = window.queries;
  alignas(64) float d_out[kQueries * kMaxHead], dq[kQueries * kMaxHead];
  alignas(64) float scores[kQueries * kKeys], d_scores[kQueries * kKeys];
  float delta[kQueries];
  load_rows(d_out, x.d_out.at(b, n, i0), {queries, plan.H, x.d_out.row}, 1.0f);
  load_rows(dq, x.out.at(b, n, i0), {queries, plan.H, x.out.row}, 1.0f);  // out, until delta is known
  // d score = p (d p - delta), and the log-sum-exp adds p times its own gradient.
  const std::int64_t row = (b * plan.N + n) * plan.Tq + i0;
  for (std::int64_t i = 0; i < queries; ++i)
    delta[i] = dot(d_out + i * HP, dq + i * HP, HP) - x.d_log_sum_exp[row + i];
  products.take(x.q.at(b, n, i0), {queries, plan.H, x.q.row}, d_out);
  if (window.stretches.empty()) std::fill(dq, dq + queries * HP, 0.0f);
  for_tiles(window, [&](const Tile& tile, bool first) {
    products.score(scores, tile);
    products.mix_backward(d_scores, tile);
    soften_backward(scores, d_scores, tile, {x.log_sum_exp + row, delta});
    products.add_gradients(scores, d_scores, tile, gradients, dq, !first);
    if (gradients.bias)
      for (std::int64_t i = 0; i < queries; ++i)
        add_row(gradients.bias + n * plan.bias_row + window.bias_column(tile.first_key) - i,
                d_scores + i * tile.keys, tile.keys);
  });
  store_rows(x.dq.at(b, n, i0), dq, {queries, plan.H, x.dq.row}, plan.scale);
}

template <class Products, class T>
void backward_task(const AttentionPlan& plan, const BackwardTensors<T>& x, std::array<std::int64_t, 2> place,
                   Room& room) {
  const auto [b, m] = place;
  Products products(plan, x.k, x.v, place, room);
  products.prepare_backward();
  Window window(plan, products.keys, products.score_scale());
  const std::int64_t size = padded(plan.Tk) * padded(plan.H);
  const KeyGradients gradients{room.d_k.make(size), room.d_v.make(size),
                               x.d_bias ? x.d_bias + b * plan.N * plan.bias_row : nullptr};
  for (float* sum : {gradients.k, gradients.v}) std::fill_n(sum, size, 0.0f);  // keys left out keep their zeros
  const std::int64_t group = plan.N / plan.M;
  for (std::int64_t n = m * group; n < (m + 1) * group; ++n)
    for (std::int64_t i0 = 0; i0 < plan.Tq; i0 += window.queries)
      backward_queries(plan, products, x, gradients, window, {b, n, i0});
  store_rows(x.dk.at(b, m, 0), gradients.k, {plan.Tk, plan.H, x.dk.row}, products.key_gradient_scale());
  store_rows(x.dv.at(b, m, 0), gradients.v, {plan.Tk, plan.H, x.dv.row}, 1.0f);
}

// Calls body(element type, kind of products), both as null pointers.
template <class Body>
void with_products(const AttentionPlan& plan, const HeadTensors& x, Body&& body) {
  with_element_type(x.q.scalar_type(), [&](auto* type) {
    using T = ElementOf<decltype(type)>;
    if constexpr (std::is_same_v<T, Bf16>)
      if (MatrixProducts::cover(plan, x)) return body(type, static_cast<MatrixProducts*>(nullptr));
    body(type, static_cast<FloatProducts<T>*>(nullptr));
  });
}

template <class Body>
void for_key_heads(const AttentionPlan& plan, Body&& body) {
  at::parallel_for(0, plan.B * plan.M, 1, [&](std::int64_t begin, std::int64_t end) {
    Room room;
    for (std::int64_t task = begin; task < end; ++task) body(std::array{task / plan.M, task % plan.M}, room);
    release_matrix_unit();
  });
}

}  // namespace

void attention_forward(const AttentionPlan& plan, const HeadTensors& x, const at::Tensor& out,
                       const at::Tensor& log_sum_exp) {
  float* lse = log_sum_exp.mutable_data_ptr<float>();
  with_products(plan, x, [&](auto* type, auto* products) {
    using T = ElementOf<decltype(type)>;
    using Products = ElementOf<decltype(products)>;
    const Heads<T> qkv[3] = {heads_of<T>(x.q), heads_of<T>(x.k), heads_of<T>(x.v)}, to = heads_of<T>(out);
    for_key_heads(plan, [&](std::array<std::int64_t, 2> place, Room& room) {
      forward_task<Products>(plan, qkv, to, lse, place, room);
    });
  });
}

void attention_backward(const AttentionPlan& plan, const HeadTensors& x, const ForwardResult& forward,
                        const ForwardResult& d_result, const AttentionGradients& gradients) {
  with_products(plan, x, [&](auto* type, auto* products) {
    using T = ElementOf<decltype(type)>;
    using Products = ElementOf<decltype(products)>;
    const BackwardTensors<T> all{heads_of<T>(x.q),
                                 heads_of<T>(x.k),
                                 heads_of<T>(x.v),
                                 heads_of<T>(forward.out),
                                 heads_of<T>(d_result.out),
                                 heads_of<T>(gradients.inputs.q),
                                 heads_of<T>(gradients.inputs.k),
                                 heads_of<T>(gradients.inputs.v),
                                 forward.log_sum_exp.const_data_ptr<float>(),
                                 d_result.log_sum_exp.const_data_ptr<float>(),
                                 gradients.bias.defined() ? gradients.bias.mutable_data_ptr<float>() : nullptr};
    for_key_heads(
        plan, [&](std::array<std::int64_t, 2> place, Room& room) { backward_task<Products>(plan, all, place, room); });
  });
}

}  // namespace attend::kernels
