// The loops under elementwise.h, over contiguous runs of float or c10::BFloat16. Arithmetic in float.
#pragma once

#include <c10/util/BFloat16.h>

#include <cstdint>

#include "attend/config/enums/model.h"

namespace attend::kernels::loops {

// Element i survives when draws[i] >= threshold, times scale. 15 more draws are readable.
struct Survival {
  const std::uint16_t* draws;
  std::uint32_t threshold;
  float scale;
};
struct EmbedSurvival {
  Survival survival;
  float factor;
};
// Gradient of the result; with a gate, the element of `up` lies `up` places after that of the gate.
template <class T>
struct ActivationGradient {
  const T* dy;
  std::int64_t up;
};

// out = s(x)
void scale(float* out, const float* x, std::int64_t n, const Survival& s);
void scale(float* out, const c10::BFloat16* x, std::int64_t n, const Survival& s);
void scale(c10::BFloat16* out, const float* x, std::int64_t n, const Survival& s);
void scale(c10::BFloat16* out, const c10::BFloat16* x, std::int64_t n, const Survival& s);

// out = a + s(b)
void add_scaled(float* out, const float* a, const float* b, std::int64_t n, const Survival& s);
void add_scaled(float* out, const float* a, const c10::BFloat16* b, std::int64_t n, const Survival& s);
void add_scaled(c10::BFloat16* out, const c10::BFloat16* a, const float* b, std::int64_t n, const Survival& s);
void add_scaled(c10::BFloat16* out, const c10::BFloat16* a, const c10::BFloat16* b, std::int64_t n, const Survival& s);

// out = s(f(x) * up), up may be null
void activate(float* out, const float* x, const float* up, std::int64_t n, Activation f, const Survival& s);
void activate(c10::BFloat16* out, const c10::BFloat16* x, const c10::BFloat16* up, std::int64_t n, Activation f,
              const Survival& s);
// dx (and the gradient of up, at dx + gradient.up)
void activate_backward(float* dx, const float* x, const ActivationGradient<float>& gradient, std::int64_t n,
                       Activation f, const Survival& s);
void activate_backward(c10::BFloat16* dx, const c10::BFloat16* x, const ActivationGradient<c10::BFloat16>& gradient,
                       std::int64_t n, Activation f, const Survival& s);

// out = s(factor * row + position), position may be null
void embed(float* out, const float* row, const float* position, std::int64_t n, const EmbedSurvival& s);
// to += factor * from
void add(float* to, const float* from, std::int64_t n, float factor);

}  // namespace attend::kernels::loops
