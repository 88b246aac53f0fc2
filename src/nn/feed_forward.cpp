#include "attend/nn/feed_forward.h"

#include "attend/kernels/elementwise.h"

namespace attend {

FeedForward::FeedForward(const ModelConfig& config, int layer)
    : activation_(config.activation), dropout_(config.activation_dropout), layer_(layer) {
  std::vector<LinearPart> branches{{"up", config.d_ff}};
  if (is_gated(activation_)) branches.insert(branches.begin(), {"gate", config.d_ff});
  const auto rows = static_cast<std::int64_t>(branches.size()) * config.d_ff;
  up_ = register_module("up", std::make_shared<Linear>(config.d_model, rows, config.bias, LinearRole{branches, false}));
  down_ =
      register_module("down", std::make_shared<Linear>(config.d_ff, config.d_model, config.bias, LinearRole{{}, true}));
}

at::Tensor FeedForward::forward(const PositionwiseInput& input) const {
  const auto dropout = input.context.dropout(dropout_, layer_, Site::activation);
  return down_->forward(kernels::activate(up_->forward(input.x), activation_, dropout));
}

}  // namespace attend
