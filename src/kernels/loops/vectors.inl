// The vectors of one target: kLanes floats fill a register. Included by each_target.inl, again for each target.

namespace attend::kernels::ATTEND_TARGET {

inline constexpr std::int64_t kLanes = ATTEND_LANES;
typedef float Floats __attribute__((vector_size(4 * ATTEND_LANES)));
// also the result of a comparison: 0 or -1
typedef std::int32_t Ints __attribute__((vector_size(4 * ATTEND_LANES)));
typedef std::uint32_t Words __attribute__((vector_size(4 * ATTEND_LANES)));
typedef std::uint64_t Longs __attribute__((vector_size(4 * ATTEND_LANES)));
typedef std::uint16_t Halves __attribute__((vector_size(2 * ATTEND_LANES)));  // bfloat16 or draws

ATTEND_INLINE Floats splat(float x) { return Floats{} + x; }
ATTEND_INLINE Floats keep_where(Ints mask, Floats x) { return (Floats)(mask & (Ints)x); }
ATTEND_INLINE Floats select(Ints mask, Floats yes, Floats no) {
  return (Floats)((mask & (Ints)yes) | (~mask & (Ints)no));
}
ATTEND_INLINE Floats maximum(Floats a, Floats b) { return a > b ? a : b; }
ATTEND_INLINE Ints lane_numbers() {
  Ints numbers;
  for (int i = 0; i < kLanes; ++i) numbers[i] = i;
  return numbers;
}

ATTEND_INLINE Floats widen(Halves h) { return (Floats)(__builtin_convertvector(h, Words) << 16); }
// Round to nearest even; every NaN becomes the quiet one.
ATTEND_INLINE Halves narrow(Floats x) {
  const Words bits = (Words)x;
  const Words rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
  const Words number = (Words)(x == x);
  return __builtin_convertvector((rounded & number) | (~number & 0x7FC0), Halves);
}

ATTEND_INLINE Floats load(const float* p) { Floats x; std::memcpy(&x, p, sizeof x); return x; }
ATTEND_INLINE Ints load(const std::int32_t* p) { Ints x; std::memcpy(&x, p, sizeof x); return x; }
ATTEND_INLINE Floats load(const c10::BFloat16* p) { Halves h; std::memcpy(&h, p, sizeof h); return widen(h); }
ATTEND_INLINE void store(float* p, Floats x) { std::memcpy(p, &x, sizeof x); }
ATTEND_INLINE void store(c10::BFloat16* p, Floats x) { const Halves h = narrow(x); std::memcpy(p, &h, sizeof h); }

// The first n lanes; the others load as zero.
template <class T>
ATTEND_INLINE Floats load(const T* p, std::int64_t n) {
  if (n >= kLanes) return load(p);
  T part[kLanes] = {};
  std::memcpy(part, p, static_cast<std::size_t>(n) * sizeof(T));
  return load(part);
}
template <class T>
ATTEND_INLINE void store(T* p, Floats x, std::int64_t n) {
  if (n >= kLanes) return store(p, x);
  T part[kLanes];
  store(part, x);
  std::memcpy(p, part, static_cast<std::size_t>(n) * sizeof(T));
}

ATTEND_INLINE float sum(Floats x) {
  float lanes[kLanes];
  std::memcpy(lanes, &x, sizeof x);
  for (int width = kLanes / 2; width > 0; width /= 2)
    for (int i = 0; i < width; ++i) lanes[i] += lanes[i + width];
  return lanes[0];
}
ATTEND_INLINE float largest(Floats x) {
  float lanes[kLanes];
  std::memcpy(lanes, &x, sizeof x);
  for (int width = kLanes / 2; width > 0; width /= 2)
    for (int i = 0; i < width; ++i) lanes[i] = lanes[i] > lanes[i + width] ? lanes[i] : lanes[i + width];
  return lanes[0];
}

// e^x to about 1e-7 relative: x = n ln 2 + r, a polynomial for e^r (coefficients of Cephes' expf), and n added to the
// exponent.
// Exactly 0 below -87.3, largest at 88.3.
ATTEND_INLINE Floats exp(Floats x) {
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it leaves the nearest whole number in the low bits
  const Ints alive = x > -87.3f;
  x = keep_where(alive, x);
  x = x < 88.3f ? x : splat(88.3f);
  const Floats shifted = x * 1.44269504f + kRound;
  const Floats n = shifted - kRound;
  const Floats r = x - n * 0.693359375f + n * 2.12194440e-4f;
  Floats p = 1.9875691500e-4f * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  return keep_where(alive, (Floats)((Ints)p + (((Ints)shifted - (Ints)splat(kRound)) << 23)));
}

// Draws have 16 bits; an element survives when its draw reaches the threshold.
ATTEND_INLINE Floats keep_drawn(const std::uint16_t* draws, std::uint32_t threshold, Floats x) {
  Halves h;
  std::memcpy(&h, draws, sizeof h);
  return keep_where((Ints)(__builtin_convertvector(h, Words) >= threshold), x);
}

}  // namespace attend::kernels::ATTEND_TARGET
