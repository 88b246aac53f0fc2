// Rotary positions turn queries and keys by angles that grow with the position; src/position/rotary.cpp has the
// formulas.
// Legend: B batch, T length, W width of a row, H head size, R features of a head that turn.
#pragma once

#include <ATen/core/Tensor.h>

#include <mutex>

#include "attend/config/config.h"

namespace attend {

struct RopeFrequencies {
  at::Tensor inverse;           // (R / 2) float64, R = rotary_size: radians per position, one for each pair
  double attention_factor = 1;  // factor of turned queries and keys; only yarn has one
};

// Returns the frequencies of the config, scaled for longer sequences where it asks for that.
RopeFrequencies rope_frequencies(const RopeOptions& rope, std::int64_t head_size);

class Rotary {
 public:
  Rotary(const RopeOptions& rope, std::int64_t head_size);
  // Returns x (B, T, W) with the first `heads` heads of each row turned. Token t stands at position first + t.
  // Differentiable.
  at::Tensor apply(const at::Tensor& x, std::int64_t heads, std::int64_t first) const;
  // Does the same without the attention factor, for features that are normalised by sums of themselves (linear
  // attention).
  at::Tensor turn(const at::Tensor& x, std::int64_t heads, std::int64_t first) const;

 private:
  at::Tensor rotated(const at::Tensor& x, std::int64_t heads, std::int64_t first, double factor) const;
  // Returns at least `positions` rows of R numbers, float64: cosines, then sines.
  at::Tensor table(std::int64_t positions, at::Device device) const;

  RopePairing pairing_;
  std::int64_t head_size_;
  RopeFrequencies frequencies_;
  mutable at::Tensor table_;
  mutable std::mutex growing_;  // guards table_, as one model may decode in several threads
};

}  // namespace attend
