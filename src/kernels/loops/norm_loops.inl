// Loops of norm_loops.h, for one target (simd.h).

namespace attend::kernels::ATTEND_TARGET {

using namespace loops;

using Bf16 = c10::BFloat16;

template <class In>
ATTEND_INLINE void statistics(const In* x, const NormRows& r, std::int64_t row) {
  const auto D = static_cast<float>(r.D);
  float mean = 0;
  if (r.mean != nullptr) {
    Floats total = {};
    for (std::int64_t i = 0; i < r.D; i += kLanes) total += load(x + i, r.D - i);
    mean = r.mean[row] = sum(total) / D;
  }
  Floats squares = {};
  for (std::int64_t i = 0; i < r.D; i += kLanes) {
    const Floats centred = keep_where(lane_numbers() < static_cast<std::int32_t>(r.D - i), load(x + i, r.D - i) - mean);
    squares += centred * centred;
  }
  r.rstd[row] = 1.0f / std::sqrt(sum(squares) / D + r.eps);
}

template <class Out, class In>
static void norm_rows(Out* y, const In* x, const NormRows& r) {
  for (std::int64_t row = 0; row < r.rows; ++row, x += r.D, y += r.D) {
    statistics(x, r, row);
    const float mean = r.mean != nullptr ? r.mean[row] : 0.0f, rstd = r.rstd[row];
    for (std::int64_t i = 0; i < r.D; i += kLanes) {
      Floats value = (load(x + i, r.D - i) - mean) * rstd * load(r.weight + i, r.D - i);
      if (r.bias != nullptr) value += load(r.bias + i, r.D - i);
      store(y + i, value, r.D - i);
    }
  }
}

// With g = dy weight: dx = rstd (g - mean(g) - x^ mean(g x^)), without mean(g) for RMS norm.
template <class In, class Dy>
static void norm_rows_backward(In* dx, const In* x, const Dy* dy, const NormRows& r, const NormGradients& out) {
  std::memset(out.weight_gradient, 0, static_cast<std::size_t>(r.D) * sizeof(float));
  std::memset(out.bias_gradient, 0, static_cast<std::size_t>(r.D) * sizeof(float));
  for (std::int64_t row = 0; row < r.rows; ++row, x += r.D, dx += r.D, dy += r.D) {
    const float mean = r.mean != nullptr ? r.mean[row] : 0.0f, rstd = r.rstd[row];
    Floats along = {}, total = {};
    for (std::int64_t i = 0; i < r.D; i += kLanes) {
      const std::int64_t n = r.D - i;
      const Floats gradient = load(dy + i, n), unit = (load(x + i, n) - mean) * rstd,
                   g = gradient * load(r.weight + i, n);
      total += g;
      along += g * unit;
      store(out.weight_gradient + i, load(out.weight_gradient + i, n) + gradient * unit, n);
      store(out.bias_gradient + i, load(out.bias_gradient + i, n) + gradient, n);
    }
    const float shift = r.mean != nullptr ? sum(total) / static_cast<float>(r.D) : 0.0f,
                slope = sum(along) / static_cast<float>(r.D);
    for (std::int64_t i = 0; i < r.D; i += kLanes) {
      const std::int64_t n = r.D - i;
      const Floats unit = (load(x + i, n) - mean) * rstd;
      store(dx + i, rstd * (load(dy + i, n) * load(r.weight + i, n) - shift - unit * slope), n);
    }
  }
}

}  // namespace attend::kernels::ATTEND_TARGET
