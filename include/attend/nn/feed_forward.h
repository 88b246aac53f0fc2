// The position-wise sublayer: down(dropout(activation(up(x)))); for a gated activation `up` makes both branches at
// once, [gate | up].
#pragma once

#include "attend/config/config.h"
#include "attend/nn/linear.h"
#include "attend/tensor/forward_context.h"

namespace attend {

class FeedForward : public torch::nn::Module {
 public:
  // `layer` names the layer in random draws (tensor/draws.h).
  FeedForward(const ModelConfig& config, int layer);
  // x (B, T, D) -> (B, T, D)
  at::Tensor forward(const at::Tensor& x, const ForwardContext& context) const;
  at::ScalarType compute_dtype() const { return up_->compute_dtype(); }

 private:
  Activation activation_;
  double dropout_;
  int layer_;
  std::shared_ptr<Linear> up_, down_;
};

}  // namespace attend
