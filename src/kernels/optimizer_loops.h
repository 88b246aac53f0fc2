// The loops under optimizer.h, over runs of flat float buffers.
#pragma once

#include <c10/util/BFloat16.h>

#include <cstdint>

namespace attend::kernels::loops {

// w *= keep; g = gradient * gradient_scale + decay w; m, v as in optimizer.h; w -= rate m / (sqrt(v * v_scale) + eps)
struct AdamStep {
  float gradient_scale, keep, decay, beta1, beta2, rest1, rest2, rate, v_scale, eps;  // rest = 1 - beta, rounded once
};
struct AdamRun {
  float* w;
  const float* g;
  float *m, *v;
  c10::BFloat16* working;  // or null
  std::int64_t n;
};
void adam(const AdamRun& run, const AdamStep& step);

double sum_of_squares(const float* x, std::int64_t n);

}  // namespace attend::kernels::loops
