// Queries and keys turned by angles that grow with the position; see src/position/rotary.cpp for the formulas.
#pragma once

#include <ATen/core/Tensor.h>

#include <mutex>

#include "attend/config/config.h"

namespace attend {

struct RopeFrequencies {
  at::Tensor inverse;           // (R / 2) float64, R = rotary_size: radians a position, of each pair
  double attention_factor = 1;  // on turned queries and keys (yarn)
};

RopeFrequencies rope_frequencies(const PositionConfig& config, std::int64_t head_size);

class Rotary {
 public:
  Rotary(const PositionConfig& config, std::int64_t head_size);
  // x (B, T, W): turns the first `heads` heads of each row; token t stands at position first + t. Differentiable.
  at::Tensor apply(const at::Tensor& x, std::int64_t heads, std::int64_t first) const;
  // The same without the attention factor: for features that are normalised by sums of themselves (linear attention).
  at::Tensor turn(const at::Tensor& x, std::int64_t heads, std::int64_t first) const;

 private:
  at::Tensor rotated(const at::Tensor& x, std::int64_t heads, std::int64_t first, double factor) const;
  // (positions, R) float64: cosines and sines.
  at::Tensor table(std::int64_t positions, at::Device device) const;

  RopePairing pairing_;
  std::int64_t head_size_;
  RopeFrequencies frequencies_;
  mutable at::Tensor table_;
  mutable std::mutex growing_;  // one model may decode in several threads
};

}  // namespace attend
