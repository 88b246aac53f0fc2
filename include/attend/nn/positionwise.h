// A position-wise sublayer treats each place of a sequence by itself. A block holds such sublayers and mixers.
#pragma once

#include <torch/nn/module.h>

#include "attend/tensor/forward_context.h"

namespace attend {

// B batch, T length, D model.
struct PositionwiseInput {
  const at::Tensor& x;     // (B, T, D)
  const at::Tensor& real;  // (B, T) bool, false at padding; undefined where every place is real
  const ForwardContext& context;
};

class Positionwise : public torch::nn::Module {
 public:
  // Returns (B, T, D). A row of the result depends on the same row of x alone. Terms of the loss (context.auxiliary)
  // leave out what is not real, so that padding changes none of them.
  virtual at::Tensor forward(const PositionwiseInput& input) const = 0;
  // Returns the dtype in which x is wanted.
  virtual at::ScalarType compute_dtype() const = 0;
};

}  // namespace attend
