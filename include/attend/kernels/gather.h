// How states follow the hypotheses of a beam search: rows of a tensor with room to grow, copied once, without the room.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace attend::kernels {

struct LivePart {
  std::int64_t axis, places;  // the first `places` along `axis` (not 0) hold something
};

// x (R, ...) contiguous, rows (R') int64 on its device -> (R', ...): row i is row rows[i] of x where it is live, and
// whatever the memory held elsewhere. IndexError for a row that x lacks. Cost: the live bytes, read and written once.
at::Tensor gather_rows(const at::Tensor& x, const at::Tensor& rows, LivePart live);
// Plain tensor operations, any device and strides; the live part is copied twice.
at::Tensor reference_gather_rows(const at::Tensor& x, const at::Tensor& rows, LivePart live);

}  // namespace attend::kernels
