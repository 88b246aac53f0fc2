// Loops of optimizer_loops.h, for one target (simd.h).

namespace attend::kernels::ATTEND_TARGET {

using namespace loops;

// Lane by lane: the loop around it waits for memory anyway.
ATTEND_INLINE Floats root(Floats x) {
  float lanes[kLanes];
  store(lanes, x);
  for (float& lane : lanes) lane = std::sqrt(lane);
  return load(lanes);
}

static void adam_loop(const AdamRun& run, const AdamStep& s) {
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

static void momentum_loop(const MomentumRun& run, const MomentumStep& s) {
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

static double sum_of_squares_loop(const float* x, std::int64_t n) {
  typedef float Part __attribute__((vector_size(2 * ATTEND_LANES)));  // whose doubles fill a register
  typedef double Doubles __attribute__((vector_size(4 * ATTEND_LANES)));
  Doubles totals[2] = {};
  for (std::int64_t i = 0; i < n; i += kLanes) {
    const Floats values = load(x + i, n - i);
    Part parts[2];
    std::memcpy(parts, &values, sizeof values);
    for (int half = 0; half < 2; ++half) {
      const Doubles wide = __builtin_convertvector(parts[half], Doubles);
      totals[half] += wide * wide;
    }
  }
  totals[0] += totals[1];
  double result = 0;
  for (int i = 0; i < kLanes / 2; ++i) result += totals[0][i];
  return result;
}

}  // namespace attend::kernels::ATTEND_TARGET
