// Learned positions are a trained table that is added to the embeddings; see src/position/learned.cpp.
#pragma once

#include "attend/position/position.h"

namespace attend {

class Learned final : public InputPositions {
 public:
  Learned(std::int64_t max_length, std::int64_t d_model);
  at::Tensor rows(std::int64_t first, std::int64_t length) const override;
  at::Tensor rows_at(const at::Tensor& positions) const override;

 private:
  void check(std::int64_t length) const;
  at::Tensor table_;
};

}  // namespace attend
