// Moves states after the hypotheses of a beam search: rows of a tensor with room to grow are copied once, without the
// room.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace attend::kernels {

struct LivePart {
  std::int64_t axis, places;  // the first `places` along `axis` (not 0) hold something
};

// Returns (R', ...), whose row i is row rows[i] of x where x is live, and undefined memory elsewhere. x (R, ...) is
// contiguous; rows (R') is int64 on x's device. IndexError for a row that x lacks. The live bytes are read and written
// once.
at::Tensor gather_rows(const at::Tensor& x, const at::Tensor& rows, LivePart live);
// Does the same by plain tensor operations, on any device and with any strides. It copies the live part twice.
at::Tensor reference_gather_rows(const at::Tensor& x, const at::Tensor& rows, LivePart live);

}  // namespace attend::kernels
