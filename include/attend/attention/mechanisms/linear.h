// Linear attention. src/attention/mechanisms/linear.cpp has the formula, the cost and the limits.
#pragma once

#include "attend/attention/mechanism.h"
#include "attend/config/attention/linear.h"
#include "attend/kernels/linear_attention.h"

namespace attend {

// Computes phi(q) . sum_j phi(k_j) v_j^T, divided by phi(q) . sum_j phi(k_j); phi is the feature map of the config.
class LinearAttention final : public AttentionMechanism {
 public:
  explicit LinearAttention(const LinearOptions& options) : feature_map_(options.feature_map) {}
  AttentionOutput forward(const AttentionInput& input) const override;
  bool turns_features() const override { return true; }
  std::unique_ptr<LayerState> make_state(const StateShape& shape, AttentionUse use) const override;

 private:
  at::Tensor features(const at::Tensor& x) const;
  kernels::LinearArguments arguments_of(const AttentionInput& input) const;

  FeatureMap feature_map_;
};

}  // namespace attend
