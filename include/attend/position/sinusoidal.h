// Sinusoidal adds fixed sines and cosines to the embeddings; src/position/sinusoidal.cpp has the formula.
#pragma once

#include <mutex>

#include "attend/position/position.h"

namespace attend {

// Returns the rows of these positions, which may be negative: (positions, D) float64.
at::Tensor sinusoids(const at::Tensor& positions, std::int64_t d_model, SinusoidLayout layout);

class Sinusoidal final : public InputPositions {
 public:
  Sinusoidal(SinusoidLayout layout, std::int64_t d_model);
  at::Tensor rows(std::int64_t first, std::int64_t length) const override;
  at::Tensor rows_at(const at::Tensor& positions) const override;

 private:
  // Returns the table, with at least this many rows.
  at::Tensor table(std::int64_t length) const;

  SinusoidLayout layout_;
  std::int64_t d_model_;
  mutable at::Tensor table_;
  mutable std::mutex growing_;  // guards table_, as one model may decode in several threads
};

}  // namespace attend
