#include "optimizer_loops.h"

#include <cmath>

#include "simd.h"

namespace attend::kernels::loops {
namespace {

// Lane by lane: the loop around it waits for memory anyway.
ATTEND_INLINE Floats root(Floats x) {
  float lanes[kLanes];
  store(lanes, x);
  for (float& lane : lanes) lane = std::sqrt(lane);
  return load(lanes);
}

}  // namespace

ATTEND_CLONES void adam(const AdamRun& run, const AdamStep& s) {
  for (std::int64_t i = 0; i < run.n; i += kLanes) {
    const std::int64_t n = run.n - i;
    Floats w = load(run.w + i, n) * s.keep;
    const Floats g = load(run.g + i, n) * s.gradient_scale + s.decay * w;
    const Floats m = load(run.m + i, n) * s.beta1 + g * s.rest1;
    const Floats v = load(run.v + i, n) * s.beta2 + g * g * s.rest2;
    w -= s.rate * m / (root(v * s.v_scale) + s.eps);
    store(run.m + i, m, n);
    store(run.v + i, v, n);
    store(run.w + i, w, n);
    if (run.working != nullptr) store(run.working + i, w, n);
  }
}

ATTEND_CLONES void momentum(const MomentumRun& run, const MomentumStep& s) {
  const Floats zero = {}, one = splat(1);
  for (std::int64_t i = 0; i < run.n; i += kLanes) {
    const std::int64_t n = run.n - i;
    Floats w = load(run.w + i, n) * s.keep;
    const Floats g = load(run.g + i, n) * s.gradient_scale + s.decay * w;
    Floats m = load(run.m + i, n);
    if (s.lion) {
      const Floats direction = m * s.beta1 + g * s.rest1;
      w -= s.rate * (keep_where(direction > zero, one) - keep_where(direction < zero, one));
      m = m * s.beta2 + g * s.rest2;
    } else {
      m = m * s.beta1 + g;
      w -= s.rate * m;
    }
    store(run.m + i, m, n);
    store(run.w + i, w, n);
    if (run.working != nullptr) store(run.working + i, w, n);
  }
}

ATTEND_CLONES double sum_of_squares(const float* x, std::int64_t n) {
  typedef double Doubles __attribute__((vector_size(128)));
  Doubles total = {};
  for (std::int64_t i = 0; i < n; i += kLanes) {
    const Doubles wide = __builtin_convertvector(load(x + i, n - i), Doubles);
    total += wide * wide;
  }
  double result = 0;
  for (int i = 0; i < kLanes; ++i) result += total[i];
  return result;
}

}  // namespace attend::kernels::loops
