#include "norm_loops.h"

#include "simd.h"

#define ATTEND_LOOPS "norm_loops.inl"
#include "each_target.inl"

namespace attend::kernels::loops {

using Bf16 = c10::BFloat16;

ATTEND_CHOOSE(void norm(float* y, const float* x, const NormRows& r), norm_rows(y, x, r))
ATTEND_CHOOSE(void norm(float* y, const Bf16* x, const NormRows& r), norm_rows(y, x, r))
ATTEND_CHOOSE(void norm(Bf16* y, const float* x, const NormRows& r), norm_rows(y, x, r))
ATTEND_CHOOSE(void norm(Bf16* y, const Bf16* x, const NormRows& r), norm_rows(y, x, r))
ATTEND_CHOOSE(void norm_backward(float* dx, const float* x, const float* dy, const NormRows& r, const NormGradients& g),
              norm_rows_backward(dx, x, dy, r, g))
ATTEND_CHOOSE(void norm_backward(float* dx, const float* x, const Bf16* dy, const NormRows& r, const NormGradients& g),
              norm_rows_backward(dx, x, dy, r, g))
ATTEND_CHOOSE(void norm_backward(Bf16* dx, const Bf16* x, const float* dy, const NormRows& r, const NormGradients& g),
              norm_rows_backward(dx, x, dy, r, g))
ATTEND_CHOOSE(void norm_backward(Bf16* dx, const Bf16* x, const Bf16* dy, const NormRows& r, const NormGradients& g),
              norm_rows_backward(dx, x, dy, r, g))

}  // namespace attend::kernels::loops
