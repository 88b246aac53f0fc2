// Loops of elementwise_loops.h, for one target (simd.h).

namespace attend::kernels::ATTEND_TARGET {

using namespace loops;

using Bf16 = c10::BFloat16;

struct ValueAndSlope {
  Floats value, slope;
};

ATTEND_INLINE Floats sigmoid(Floats x) { return 1.0f / (1.0f + exp(-x)); }

// erf by Abramowitz & Stegun 7.1.26, absolute error 1.5e-7; `gauss` is exp(-x^2).
ATTEND_INLINE Floats erf(Floats x, Floats gauss) {
  const Ints sign = (Ints)x & INT32_MIN;
  const Floats t = 1.0f / (1.0f + 0.3275911f * (Floats)((Ints)x & INT32_MAX));
  const Floats p = ((((1.061405429f * t - 1.453152027f) * t + 1.421413741f) * t - 0.284496736f) * t + 0.254829592f) * t;
  return (Floats)((Ints)(1.0f - p * gauss) | sign);
}

struct Relu {
  static ATTEND_INLINE ValueAndSlope at(Floats x) {
    return {keep_where(x > 0.0f, x), keep_where(x > 0.0f, splat(1.0f))};
  }
};
struct ReluSquared {
  static ATTEND_INLINE ValueAndSlope at(Floats x) {
    const Floats r = keep_where(x > 0.0f, x);
    return {r * r, 2.0f * r};
  }
};
struct Silu {
  static ATTEND_INLINE ValueAndSlope at(Floats x) {
    const Floats s = sigmoid(x);
    return {x * s, s * (1.0f + x * (1.0f - s))};
  }
};
struct Gelu {
  static ATTEND_INLINE ValueAndSlope at(Floats x) {
    const Floats gauss = exp(-0.5f * x * x);
    const Floats phi = 0.5f + 0.5f * erf(x * 0.70710678f, gauss);
    return {x * phi, phi + x * gauss * 0.39894228f};
  }
};
struct GeluTanh {  // (1 + tanh u) / 2 = sigmoid(2 u)
  static ATTEND_INLINE ValueAndSlope at(Floats x) {
    const Floats u2 = 1.5957691216f * (x + 0.044715f * x * x * x);
    const Floats s = sigmoid(u2);
    return {x * s, s + x * s * (1.0f - s) * 1.5957691216f * (1.0f + 0.134145f * x * x)};
  }
};

template <class Out, class In>
static void scale_loop(Out* out, const In* x, std::int64_t n, const Survival& s) {
  for (std::int64_t i = 0; i < n; i += kLanes)
    store(out + i, keep_drawn(s.draws + i, s.threshold, load(x + i, n - i) * s.scale), n - i);
}

template <class A, class B>
static void add_loop(A* out, const A* a, const B* b, std::int64_t n, const Survival& s) {
  for (std::int64_t i = 0; i < n; i += kLanes)
    store(out + i, load(a + i, n - i) + keep_drawn(s.draws + i, s.threshold, load(b + i, n - i) * s.scale), n - i);
}

template <class F, class T>
ATTEND_INLINE void forward_loop(T* out, const T* x, const T* up, std::int64_t n, const Survival& s) {
  for (std::int64_t i = 0; i < n; i += kLanes) {
    Floats y = F::at(load(x + i, n - i)).value;
    if (up != nullptr) y *= load(up + i, n - i);
    store(out + i, keep_drawn(s.draws + i, s.threshold, y * s.scale), n - i);
  }
}

template <class F, class T>
ATTEND_INLINE void backward_loop(T* dx, const T* x, const ActivationGradient<T>& gradient, std::int64_t n,
                                 const Survival& s) {
  for (std::int64_t i = 0; i < n; i += kLanes) {
    const ValueAndSlope f = F::at(load(x + i, n - i));
    Floats g = keep_drawn(s.draws + i, s.threshold, load(gradient.dy + i, n - i) * s.scale);
    if (gradient.up != 0) {
      store(dx + gradient.up + i, g * f.value, n - i);
      g *= load(x + gradient.up + i, n - i);
    }
    store(dx + i, g * f.slope, n - i);
  }
}

template <class T>
ATTEND_INLINE void forward_any(T* out, const T* x, const T* up, std::int64_t n, Activation f, const Survival& s) {
  switch (f) {
    case Activation::relu:
    case Activation::reglu: return forward_loop<Relu>(out, x, up, n, s);
    case Activation::gelu:
    case Activation::geglu: return forward_loop<Gelu>(out, x, up, n, s);
    case Activation::gelu_tanh: return forward_loop<GeluTanh>(out, x, up, n, s);
    case Activation::silu:
    case Activation::swiglu: return forward_loop<Silu>(out, x, up, n, s);
    case Activation::relu_squared: return forward_loop<ReluSquared>(out, x, up, n, s);
  }
}

template <class T>
static void backward_any(T* dx, const T* x, const ActivationGradient<T>& g, std::int64_t n, Activation f,
                         const Survival& s) {
  switch (f) {
    case Activation::relu:
    case Activation::reglu: return backward_loop<Relu>(dx, x, g, n, s);
    case Activation::gelu:
    case Activation::geglu: return backward_loop<Gelu>(dx, x, g, n, s);
    case Activation::gelu_tanh: return backward_loop<GeluTanh>(dx, x, g, n, s);
    case Activation::silu:
    case Activation::swiglu: return backward_loop<Silu>(dx, x, g, n, s);
    case Activation::relu_squared: return backward_loop<ReluSquared>(dx, x, g, n, s);
  }
}

static void activate_loop(float* out, const float* x, const float* up, std::int64_t n, Activation f,
                          const Survival& s) {
  forward_any(out, x, up, n, f, s);
}

static void activate_loop(Bf16* out, const Bf16* x, const Bf16* up, std::int64_t n, Activation f, const Survival& s) {
  forward_any(out, x, up, n, f, s);
}

static void embed_loop(float* out, const float* row, const float* position, std::int64_t n, const EmbedSurvival& s) {
  for (std::int64_t i = 0; i < n; i += kLanes) {
    Floats x = load(row + i, n - i) * s.factor;
    if (position != nullptr) x += load(position + i, n - i);
    store(out + i, keep_drawn(s.survival.draws + i, s.survival.threshold, x * s.survival.scale), n - i);
  }
}

static void add_product_loop(float* to, const float* from, std::int64_t n, float factor) {
  for (std::int64_t i = 0; i < n; i += kLanes)
    store(to + i, load(to + i, n - i) + load(from + i, n - i) * factor, n - i);
}

}  // namespace attend::kernels::ATTEND_TARGET
