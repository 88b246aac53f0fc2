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
  AdamRun part(std::int64_t begin, std::int64_t end) const {
    return {w + begin, g + begin, m + begin, v + begin, working ? working + begin : nullptr, end - begin};
  }
};
void adam(const AdamRun& run, const AdamStep& step);

// sgd: m = beta1 m + g, w -= rate m; lion: w -= rate sign(beta1 m + rest1 g), m = beta2 m + rest2 g
struct MomentumStep {
  bool lion;
  float gradient_scale, keep, decay, beta1, beta2, rest1, rest2, rate;
};
struct MomentumRun {
  float* w;
  const float* g;
  float* m;
  c10::BFloat16* working;  // or null
  std::int64_t n;
  MomentumRun part(std::int64_t begin, std::int64_t end) const {
    return {w + begin, g + begin, m + begin, working ? working + begin : nullptr, end - begin};
  }
};
void momentum(const MomentumRun& run, const MomentumStep& step);

double sum_of_squares(const float* x, std::int64_t n);

}  // namespace attend::kernels::loops
