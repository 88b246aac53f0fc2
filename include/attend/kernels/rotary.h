// Rotary positions applied to heads that lie side by side in one row, so that nothing is cut or joined:
//   (a, b) -> (a cos - b sin, a sin + b cos)   for every pair of every turned head; the rest of the row is copied
// Backward turns the gradient the other way. Cost: one pass over the rows.
#pragma once

#include <ATen/core/Tensor.h>

namespace attend::kernels {

struct RotaryHeads {
  std::int64_t heads, head_size;  // the first `heads` heads of a row turn
  bool interleaved;               // pairs (2m, 2m + 1), else (m, m + R/2)
};

// x (B, T, W) float32 or bfloat16 on the CPU goes the fast way, anything else that of the reference. turns (T, R) float32
// (float64 for float64): R/2 cosines, then R/2 sines; features from R on of a head stay.
at::Tensor rotate(const at::Tensor& x, const at::Tensor& turns, const RotaryHeads& heads);
// Plain tensor operations, any device and dtype.
at::Tensor reference_rotate(const at::Tensor& x, const at::Tensor& turns, const RotaryHeads& heads);

}  // namespace attend::kernels
