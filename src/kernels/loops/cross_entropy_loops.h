// The loop under cross_entropy.h: one row of V logits, softmax in float.
#pragma once

#include <c10/util/BFloat16.h>

#include <cstdint>

namespace attend::kernels::loops {

struct RowLoss {
  float log_sum_exp, target, mean;
};
struct GradientOfLogits {
  bool wanted;
  double smoothing;
  float scale = 1.0f;
};

// Reads the row and, where wanted, overwrites it by scale (softmax(z) - (1 - smoothing) 1_label - smoothing / V).
RowLoss cross_entropy_row(float* z, std::int64_t V, std::int64_t label, const GradientOfLogits& gradient);
RowLoss cross_entropy_row(c10::BFloat16* z, std::int64_t V, std::int64_t label, const GradientOfLogits& gradient);

// sums[i] += the i-th element of each of `rows` rows of V
void add_rows(float* sums, const float* x, std::int64_t rows, std::int64_t V);
void add_rows(float* sums, const c10::BFloat16* x, std::int64_t rows, std::int64_t V);
// sums += x
void accumulate(float* sums, const float* x, std::int64_t n);
void accumulate(float* sums, const c10::BFloat16* x, std::int64_t n);

}  // namespace attend::kernels::loops
