#include "optimizer_loops.h"

#include "simd.h"

#define ATTEND_LOOPS "optimizer_loops.inl"
#include "each_target.inl"

namespace attend::kernels::loops {

ATTEND_CHOOSE(void adam(const AdamRun& run, const AdamStep& s), adam_loop(run, s))
ATTEND_CHOOSE(void momentum(const MomentumRun& run, const MomentumStep& s), momentum_loop(run, s))
ATTEND_CHOOSE(double sum_of_squares(const float* x, std::int64_t n), sum_of_squares_loop(x, n))

}  // namespace attend::kernels::loops
