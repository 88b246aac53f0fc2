#include "attend/nn/feed_forward.h"

#include "attend/kernels/elementwise.h"

namespace attend {

FeedForward::FeedForward(const ModelConfig& config, int layer)
    : activation_(config.activation), dropout_(config.activation_dropout), layer_(layer) {
  const std::int64_t branches = is_gated(activation_) ? 2 : 1;
  up_ = register_module("up",
                        std::make_shared<Linear>(config.d_model, branches * config.d_ff, config.bias,
                                                 LinearRole{std::vector<std::int64_t>(branches, config.d_ff), false}));
  down_ =
      register_module("down", std::make_shared<Linear>(config.d_ff, config.d_model, config.bias, LinearRole{{}, true}));
}

at::Tensor FeedForward::forward(const PositionwiseInput& input) const {
  const auto dropout = input.context.dropout(dropout_, layer_, Site::activation);
  return down_->forward(kernels::activate(up_->forward(input.x), activation_, dropout));
}

}  // namespace attend
