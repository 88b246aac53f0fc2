// The loops under norm.h: rows of D floats or bfloat16; statistics and arithmetic in float.
#pragma once

#include <c10/util/BFloat16.h>

#include <cstdint>

namespace attend::kernels::loops {

// y = (x - mean) rstd weight + bias per row. mean is null for RMS norm, bias may be null.
struct NormRows {
  std::int64_t rows, D;
  const float *weight, *bias;
  float *mean, *rstd;
  float eps;
};
void norm(float* y, const float* x, const NormRows& r);
void norm(float* y, const c10::BFloat16* x, const NormRows& r);
void norm(c10::BFloat16* y, const float* x, const NormRows& r);
void norm(c10::BFloat16* y, const c10::BFloat16* x, const NormRows& r);

// dx, and the sums over these rows of dy x^ and dy in weight_gradient and bias_gradient (D each, overwritten).
struct NormGradients {
  float *weight_gradient, *bias_gradient;
};
void norm_backward(float* dx, const float* x, const float* dy, const NormRows& r, const NormGradients& g);
void norm_backward(float* dx, const float* x, const c10::BFloat16* dy, const NormRows& r, const NormGradients& g);
void norm_backward(c10::BFloat16* dx, const c10::BFloat16* x, const float* dy, const NormRows& r,
                   const NormGradients& g);
void norm_backward(c10::BFloat16* dx, const c10::BFloat16* x, const c10::BFloat16* dy, const NormRows& r,
                   const NormGradients& g);

}  // namespace attend::kernels::loops
