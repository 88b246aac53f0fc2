// Loops of cross_entropy_loops.h, for one target (simd.h).

namespace attend::kernels::ATTEND_TARGET {

using namespace loops;

using Bf16 = c10::BFloat16;

// The last vector of a row: lanes past the end count as -inf, which adds nothing to a sum of exponentials.
template <class T>
ATTEND_INLINE Floats load_or_minus_infinity(const T* z, std::int64_t n) {
  const Floats x = load(z, n);
  return n >= kLanes
             ? x
             : select(lane_numbers() < static_cast<std::int32_t>(n), x, splat(-std::numeric_limits<float>::infinity()));
}

template <class T>
static RowLoss row_loss(T* z, std::int64_t V, std::int64_t label, const GradientOfLogits& gradient) {
  Floats high = splat(-std::numeric_limits<float>::infinity()), total = {};
  for (std::int64_t i = 0; i < V; i += kLanes) {
    high = maximum(high, load_or_minus_infinity(z + i, V - i));
    total += load(z + i, V - i);
  }
  const float top = largest(high);
  // Sixteen sums on every target: the fewer terms a sum has, the less it rounds, and vocabularies are large.
  Floats exponentials[16 / kLanes] = {};
  for (std::int64_t i = 0; i < V;)
    for (Floats& part : exponentials) {
      if (i < V) part += exp(load_or_minus_infinity(z + i, V - i) - top);
      i += kLanes;
    }
  for (int part = 1; part < 16 / kLanes; ++part) exponentials[0] += exponentials[part];
  const float lse = top + std::log(sum(exponentials[0]));
  const RowLoss loss{lse, static_cast<float>(z[label]), sum(total) / static_cast<float>(V)};
  if (!gradient.wanted) return loss;

  const auto spread = static_cast<float>(gradient.smoothing / static_cast<double>(V));
  for (std::int64_t i = 0; i < V; i += kLanes)
    store(z + i, (exp(load(z + i, V - i) - lse) - spread) * gradient.scale, V - i);
  z[label] = static_cast<T>((std::exp(loss.target - lse) - spread - static_cast<float>(1.0 - gradient.smoothing)) *
                            gradient.scale);
  return loss;
}

template <class T>
static void add_all_rows(float* sums, const T* x, std::int64_t rows, std::int64_t V) {
  for (std::int64_t i = 0; i < V; i += kLanes) {
    Floats total = load(sums + i, V - i);
    for (std::int64_t r = 0; r < rows; ++r) total += load(x + r * V + i, V - i);
    store(sums + i, total, V - i);
  }
}

template <class T>
static void accumulate_all(float* sums, const T* x, std::int64_t n) {
  for (std::int64_t i = 0; i < n; i += kLanes) store(sums + i, load(sums + i, n - i) + load(x + i, n - i), n - i);
}

}  // namespace attend::kernels::ATTEND_TARGET
