#include "matrix_products.h"

#include <ATen/native/CPUBlas.h>

#include <algorithm>
#include <cstdint>

#include "attend/tensor/cpu.h"
#include "../loops/simd.h"

namespace attend::kernels::tiles {
namespace {

constexpr std::int64_t kPanel = 64;      // columns; the widest that the unit's kernels take
// below, float32 tiles are as fast: a call of the unit's kernels takes its time
constexpr std::int64_t kLeastKeys = 48;

struct MatrixProduct {
  std::int64_t m, n, k;
  const Bf16* a;
  std::int64_t a_row;
  const Panels& b;
  std::int64_t first_row, first_column;  // of b
  float* c;
  std::int64_t c_row;
  bool add;
};

// c (m x n) = a b or += a b. Sizes are multiples of 16, so that few kernels are made.
void multiply(const MatrixProduct& p) {
  for (std::int64_t column = 0; column < p.n;) {
    const std::int64_t from = p.first_column + column, n = std::min(p.n - column, p.b.wide - from % p.b.wide);
    at::native::cpublas::brgemm(p.m, n, p.k, p.a_row, p.b.wide, p.c_row, p.add, p.a, p.b.at(p.first_row, from),
                                p.c + column);
    column += n;
  }
}

std::int64_t head_panel(std::int64_t H) { return H % kPanel == 0 ? kPanel : 32; }

// Rows in pairs; `count` of them are there, `padded_rows` are written.
Panels pairs_of(float* words, const Bf16* rows, const Rows& shape, std::int64_t padded_rows) {
  const std::int64_t wide = head_panel(shape.n);
  for (std::int64_t column = 0; column < shape.n; column += wide)
    for (std::int64_t row = 0; row < padded_rows; row += 2) {
      const auto there = [&](std::int64_t r) { return r < shape.count ? rows + r * shape.stride + column : nullptr; };
      pair_rows(words + (column / wide * padded_rows + row) / 2 * wide, there(row), there(row + 1), wide);
    }
  return {words, padded_rows / 2, wide};
}

bool has_matrix_unit() {
  static const bool has =
      cpu_features().amx_bf16 && kTarget == SimdTarget::avx512 && at::native::cpublas::could_pack(at::kBFloat16);
  return has;
}

}  // namespace

void release_matrix_unit() {
  if (has_matrix_unit()) at::native::cpublas::brgemm_release();
}

bool MatrixProducts::cover(const AttentionPlan& plan, const HeadTensors& x) {
  const auto words = [](const at::Tensor& t) {
    return t.stride(2) % 2 == 0 && reinterpret_cast<std::uintptr_t>(t.data_ptr()) % 4 == 0;
  };
  return has_matrix_unit() && plan.H % 32 == 0 && plan.Tk >= kLeastKeys && plan.Tq * (plan.N / plan.M) > kFewQueries &&
         words(x.k) && words(x.v);
}

MatrixProducts::MatrixProducts(const AttentionPlan& plan, const Heads<Bf16>& k, const Heads<Bf16>& v,
                               std::array<std::int64_t, 2> place, Room& room)
    : keys(plan, place[0], room), H_(plan.H), scale_(plan.scale), room_(room), k_(k), v_(v), place_(place) {
  turned_k_ = turned(k.at(place[0], place[1], 0), k.row, room.columns_k);
  paired_v_ = paired(v.at(place[0], place[1], 0), v.row, room.rows_v);
}

void MatrixProducts::prepare_backward() {
  turned_v_ = turned(v_.at(place_[0], place_[1], 0), v_.row, room_.columns_v);
  paired_k_ = paired(k_.at(place_[0], place_[1], 0), k_.row, room_.rows_k);
}

// Two neighbours of a row are a word already, so the panels are the transpose of rows of words.
Panels MatrixProducts::turned(const Bf16* rows, std::int64_t stride, Floats& room) const {
  const std::int64_t pairs = H_ / 2, panels = (keys.width + kPanel - 1) / kPanel;
  float* words = room.make(panels * pairs * kPanel);
  for (std::int64_t j = 0; j < keys.width; j += kPanel)
    transpose(words + j * pairs, reinterpret_cast<const float*>(rows + j * stride),
              {std::min(kPanel, keys.count - j), pairs, stride / 2}, kPanel);
  return {words, pairs, kPanel};
}

Panels MatrixProducts::paired(const Bf16* rows, std::int64_t stride, Floats& room) const {
  return pairs_of(room.make(keys.width / 2 * H_), rows, {keys.count, H_, stride}, keys.width);
}

void MatrixProducts::take(const Bf16* q, const Rows& rows, const float* d_out) {
  for (std::int64_t i = 0; i < padded(rows.count); ++i) {
    if (i < rows.count) std::copy_n(q + i * rows.stride, H_, q_ + i * H_);
    else std::fill_n(q_ + i * H_, H_, Bf16(0.0f));
  }
  if (!d_out) return;
  store_rows(d_out_, d_out, {1, rows.count * H_, 0}, 1.0f);
  std::fill_n(d_out_ + rows.count * H_, (kQueries - rows.count) * H_, Bf16(0.0f));
  paired_q_ = pairs_of(room_.paired_q.make(kQueries / 2 * H_), q_, {rows.count, H_, H_}, kQueries);
  paired_d_ = pairs_of(room_.paired_d.make(kQueries / 2 * H_), d_out_, {rows.count, H_, H_}, kQueries);
}

void MatrixProducts::score(float* scores, const Tile& tile) const {
  multiply({padded(tile.queries), tile.keys, H_, q_, H_, turned_k_, 0, tile.first_key, scores, tile.keys, false});
}

void MatrixProducts::mix(float* out, const float* p, const Tile& tile, bool add) const {
  alignas(64) Bf16 rounded[kQueries * kKeys];
  store_rows(rounded, p, {1, tile.queries * tile.keys, 0}, 1.0f);
  multiply({padded(tile.queries), H_, tile.keys, rounded, tile.keys, paired_v_, tile.first_key, 0, out, H_, add});
}

void MatrixProducts::mix_backward(float* d_p, const Tile& tile) const {
  multiply({padded(tile.queries), tile.keys, H_, d_out_, H_, turned_v_, 0, tile.first_key, d_p, tile.keys, false});
}

void MatrixProducts::add_gradients(const float* p, const float* d_scores, const Tile& tile, const KeyGradients& sums,
                                   float* dq, bool add) const {
  alignas(64) Bf16 rounded[kQueries * kKeys];
  const std::int64_t j0 = tile.first_key;
  turn_rows(rounded, p, {tile.queries, tile.keys, tile.keys}, kQueries);  // (keys, queries)
  multiply({tile.keys, H_, kQueries, rounded, kQueries, paired_d_, 0, 0, sums.v + j0 * H_, H_, true});
  turn_rows(rounded, d_scores, {tile.queries, tile.keys, tile.keys}, kQueries);
  multiply({tile.keys, H_, kQueries, rounded, kQueries, paired_q_, 0, 0, sums.k + j0 * H_, H_, true});
  store_rows(rounded, d_scores, {1, tile.queries * tile.keys, 0}, 1.0f);
  multiply({padded(tile.queries), H_, tile.keys, rounded, tile.keys, paired_k_, j0, 0, dq, H_, add});
}

}  // namespace attend::kernels::tiles
