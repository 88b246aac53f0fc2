// Full attention. src/attention/mechanisms/full.cpp has the formula, the cost and the limits.
#pragma once

#include "attend/attention/mechanism.h"
#include "attend/config/attention/full.h"

namespace attend {

// Computes softmax(scale q k^T + positions + mask) v over every visible key.
class FullAttention final : public AttentionMechanism {
 public:
  explicit FullAttention(const FullOptions& options)
      : implementation_(options.implementation), softcap_(options.softcap) {}
  AttentionOutput forward(const AttentionInput& input) const override;
  std::unique_ptr<LayerState> make_state(const StateShape& shape, AttentionUse use) const override;

 private:
  AttentionImplementation implementation_;
  double softcap_;
};

}  // namespace attend
