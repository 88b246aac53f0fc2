// Makes dropout masks from counters (core/philox.h). One call gives four 32-bit words for a 128-bit counter and a
// 64-bit key:
//
//   key     = seed
//   counter = { index / 8 (low 32 bits), index / 8 (next 16 bits) << 16 | layer and site, row, step }
//
// A draw is 16 bits wide, so one call serves eight neighbouring indices. An element survives dropout when its draw >=
// threshold, where threshold = round(p * 65536). Survivors are scaled by 65536 / (65536 - threshold), the inverse of
// the probability that is really used.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "attend/core/philox.h"
#include "attend/tensor/draws.h"

namespace attend::kernels {

inline constexpr std::uint32_t kDraws = 65536;  // number of values that a draw can have

// Checks by TORCH_CHECK that attention has at most kDraws queries and keys: places beyond would meet the draws of
// another query or head.
void check_drawn_places(std::int64_t queries, std::int64_t keys);

// The threshold of probability p in 1/65536, and the scale of survivors. p must be in 0..1 (TORCH_CHECK).
struct DropoutScale {
  std::uint32_t threshold;
  float scale;
};
DropoutScale dropout_scale(double p);

// Returns the factor (0 or the scale) of each element: float32, of this shape, whose first dimension is the row. The
// index of a draw is the flat index inside the row. This is the plain reference of every fused dropout, on any device.
at::Tensor dropout_factors(at::IntArrayRef shape, const Dropout& dropout, at::Device device);

// Says how rows are blocks of longer ones: row b count + j holds the queries from j step on and the keys from first_key
// + j step on, of row b. Keys before the first have factor 0.
struct DrawnBlocks {
  std::int64_t count = 1, step = 0, first_key = 0;
};
// Returns the factors of attention probabilities (B, N, Tq, Tk). Here index = (head * 2^16 + query position) * 2^16 +
// key position, so that padding does not move a draw. Who passes blocks calls check_drawn_places() for the whole
// attention.
at::Tensor attention_dropout_factors(at::IntArrayRef shape, const Dropout& dropout, at::Device device,
                                     DrawnBlocks blocks = {});

}  // namespace attend::kernels
