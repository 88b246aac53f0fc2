// The feed-forward sublayer computes down(dropout(activation(up(x)))) at each position. For a gated activation `up`
// makes both branches at once, [gate | up].
#pragma once

#include "attend/config/config.h"
#include "attend/nn/linear.h"
#include "attend/nn/positionwise.h"

namespace attend {

class FeedForward : public Positionwise {
 public:
  // `layer` names the layer in random draws (tensor/draws.h).
  FeedForward(const ModelConfig& config, int layer);
  at::Tensor forward(const PositionwiseInput& input) const override;
  at::ScalarType compute_dtype() const override { return up_->compute_dtype(); }

 private:
  Activation activation_;
  double dropout_;
  int layer_;
  std::shared_ptr<Linear> up_, down_;
};

}  // namespace attend
