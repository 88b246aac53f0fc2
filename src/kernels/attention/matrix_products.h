// The matrix products of one task of tasks.cpp on the CPU's matrix unit (AMX): bfloat16 operands, float32
// sums, by the micro-kernels that LibTorch brings (oneDNN's brgemm). Members as in float_products.h, the
// reference.
// Probabilities and gradients of scores are rounded to bfloat16 for their products, as in FlashAttention; queries, keys
// and values are read as they are, so scores are scaled afterwards. Limits: heads of a multiple of 32, more than a few
// queries and keys.
#pragma once

#include <c10/util/BFloat16.h>

#include <array>

#include "keys.h"

namespace attend::kernels::tiles {

using Bf16 = c10::BFloat16;

// The right side of a product (k x n) as the unit reads it: panels of `wide` columns, in each the rows in pairs, in
// each pair the two elements of a column side by side as one word of 32 bits.
struct Panels {
  const float* words = nullptr;
  std::int64_t pairs = 0;  // of rows, in a panel
  std::int64_t wide = 0;
  const Bf16* at(std::int64_t row, std::int64_t column) const {
    return reinterpret_cast<const Bf16*>(words + (column / wide * pairs + row / 2) * wide + column % wide);
  }
};

// To be called by a thread that has used it, before others' kernels may.
void release_matrix_unit();

class MatrixProducts {
 public:
  static bool cover(const AttentionPlan& plan, const HeadTensors& x);

  MatrixProducts(const AttentionPlan& plan, const Heads<Bf16>& k, const Heads<Bf16>& v,
                 std::array<std::int64_t, 2> place, Room& room);
  void prepare_backward();
  void take(const Bf16* q, const Rows& rows, const float* d_out);
  float score_scale() const { return scale_; }
  float key_gradient_scale() const { return scale_; }
  void score(float* scores, const Tile& tile) const;
  void mix(float* out, const float* p, const Tile& tile, bool add) const;
  void mix_backward(float* d_p, const Tile& tile) const;
  void add_gradients(const float* p, const float* d_scores, const Tile& tile, const KeyGradients& sums, float* dq,
                     bool add) const;

  KeyRange keys;

 private:
  Panels turned(const Bf16* rows, std::int64_t stride, Floats& room) const;  // (H, keys)
  Panels paired(const Bf16* rows, std::int64_t stride, Floats& room) const;  // (keys, H)

  std::int64_t H_;
  float scale_;
  Room& room_;
  Heads<Bf16> k_, v_;
  std::array<std::int64_t, 2> place_;
  Panels turned_k_, turned_v_, paired_k_, paired_v_, paired_q_, paired_d_;
  alignas(64) Bf16 q_[kQueries * kMaxHead], d_out_[kQueries * kMaxHead];  // (queries, H); zeros behind them
};

}  // namespace attend::kernels::tiles
