// Applies rotary positions to heads that lie side by side in one row, so that nothing is cut or joined:
//   (a, b) -> (a cos - b sin, a sin + b cos)   for every pair of every turned head; the rest of the row is copied
// Backward turns the gradient the other way. It takes one pass over the rows.
// Legend: B batch, T length, W width of a row, R features of a head that turn.
#pragma once

#include <ATen/core/Tensor.h>

namespace attend::kernels {

struct RotaryHeads {
  std::int64_t heads, head_size;  // only the first `heads` heads of a row turn
  bool interleaved;               // pairs are (2m, 2m + 1), else (m, m + R/2)
};

// Returns x (B, T, W) with its heads turned. turns (T, R) is float32 (float64 for float64): R/2 cosines, then R/2
// sines. The features of a head from R on stay. float32 and bfloat16 on the CPU go the fast way, anything else that of
// the reference.
at::Tensor rotate(const at::Tensor& x, const at::Tensor& turns, const RotaryHeads& heads);
// Does the same by plain tensor operations, on any device and dtype.
at::Tensor reference_rotate(const at::Tensor& x, const at::Tensor& turns, const RotaryHeads& heads);

}  // namespace attend::kernels
