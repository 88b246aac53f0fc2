// Dropout from counters (core/philox.h): four 32-bit words from a 128-bit counter and a 64-bit key.
//
//   key     = seed
//   counter = { index / 8 (low 32 bits), index / 8 (next 16 bits) << 16 | layer and site, row, step }
//
// A draw is 16 bits wide, so one call gives eight neighbouring indices. An element survives dropout when its
// draw >= threshold, threshold = round(p * 65536); survivors are scaled by 65536 / (65536 - threshold), the inverse
// of the probability that is really used.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "attend/core/philox.h"
#include "attend/tensor/draws.h"

namespace attend::kernels {

inline constexpr std::uint32_t kDraws = 65536;  // values of one draw

// Places of attention beyond these would meet the draws of another query or head: TORCH_CHECKs.
void check_drawn_places(std::int64_t queries, std::int64_t keys);

// p -> threshold in 1/65536 and the scale of survivors.
struct DropoutScale {
  std::uint32_t threshold;
  float scale;
};
DropoutScale dropout_scale(double p);

// The factor (0 or scale) of each element of a tensor whose first dimension is the row: float32, `shape`. Index is the
// flat index inside the row. The plain reference of every fused dropout, on any device.
at::Tensor dropout_factors(at::IntArrayRef shape, const Dropout& dropout, at::Device device);

// The same for attention probabilities (B, N, Tq, Tk): index = (head * 2^16 + query position) * 2^16 + key position,
// so that padding does not move a draw. With blocks, row b count + j holds the queries from j step on and the keys from
// first_key + j step on, of row b; keys before the first have factor 0. The caller of blocks has check_drawn_places look at
// the whole.
struct DrawnBlocks {
  std::int64_t count = 1, step = 0, first_key = 0;
};
at::Tensor attention_dropout_factors(at::IntArrayRef shape, const Dropout& dropout, at::Device device, DrawnBlocks blocks = {});

}  // namespace attend::kernels
