// Fixed sines and cosines added to the embeddings; see src/position/sinusoidal.cpp for the formula.
#pragma once

#include "attend/position/position.h"

namespace attend {

class Sinusoidal final : public InputPositions {
 public:
  Sinusoidal(SinusoidLayout layout, std::int64_t d_model);
  at::Tensor rows(std::int64_t first, std::int64_t length) override;
  at::Tensor rows_at(const at::Tensor& positions) override;

 private:
  at::Tensor make_table(std::int64_t length) const;
  void reserve(std::int64_t length);

  SinusoidLayout layout_;
  std::int64_t d_model_;
  at::Tensor table_;
};

}  // namespace attend
