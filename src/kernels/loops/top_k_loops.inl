// Loops of top_k.cpp, for one target (simd.h).

namespace attend::kernels::ATTEND_TARGET {

template <std::int64_t kBlock>
static bool block_maxima_loop(const float* row, std::int64_t blocks, float* maxima) {
  Ints sound = Ints{} - 1;
  for (std::int64_t b = 0; b < blocks; ++b, row += kBlock) {
    Floats best = splat(-std::numeric_limits<float>::infinity());
    for (std::int64_t i = 0; i < kBlock; i += kLanes) {
      const Floats x = load(row + i);
      sound &= x == x;
      best = maximum(best, x);
    }
    maxima[b] = largest(best);
  }
  return sum((Floats)(sound & (Ints)splat(1.0f))) == static_cast<float>(kLanes);
}

static float sum_exp_loop(const float* row, std::int64_t size, float peak) {
  Floats total = {};
  for (std::int64_t i = 0; i < size; i += kLanes) total += exp(load(row + i) - peak);
  return sum(total);
}

}  // namespace attend::kernels::ATTEND_TARGET
