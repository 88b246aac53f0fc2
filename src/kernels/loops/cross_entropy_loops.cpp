#include "cross_entropy_loops.h"

#include "simd.h"

#define ATTEND_LOOPS "cross_entropy_loops.inl"
#include "each_target.inl"

namespace attend::kernels::loops {

using Bf16 = c10::BFloat16;

ATTEND_CHOOSE(RowLoss cross_entropy_row(float* z, std::int64_t V, std::int64_t label, const GradientOfLogits& gradient),
              row_loss(z, V, label, gradient))
ATTEND_CHOOSE(RowLoss cross_entropy_row(Bf16* z, std::int64_t V, std::int64_t label, const GradientOfLogits& gradient),
              row_loss(z, V, label, gradient))
ATTEND_CHOOSE(void add_rows(float* sums, const float* x, std::int64_t rows, std::int64_t V),
              add_all_rows(sums, x, rows, V))
ATTEND_CHOOSE(void add_rows(float* sums, const Bf16* x, std::int64_t rows, std::int64_t V),
              add_all_rows(sums, x, rows, V))
ATTEND_CHOOSE(void accumulate(float* sums, const float* x, std::int64_t n), accumulate_all(sums, x, n))
ATTEND_CHOOSE(void accumulate(float* sums, const Bf16* x, std::int64_t n), accumulate_all(sums, x, n))

}  // namespace attend::kernels::loops
