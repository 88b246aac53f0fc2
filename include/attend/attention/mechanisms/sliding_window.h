// Sliding-window attention. src/attention/mechanisms/sliding_window.cpp has the formula, the cost and the limits.
#pragma once

#include "attend/attention/mechanism.h"
#include "attend/config/attention/sliding_window.h"

namespace attend {

// Computes softmax(scale q k^T + positions + mask) v over the keys nearer than `window` places. The query's own place
// is one of them, so a window of 1 is the token alone.
class SlidingWindowAttention final : public AttentionMechanism {
 public:
  explicit SlidingWindowAttention(const SlidingWindowOptions& options) : window_(options.window) {}
  AttentionOutput forward(const AttentionInput& input) const override;
  std::unique_ptr<LayerState> make_state(const StateShape& shape, AttentionUse use) const override;

 private:
  std::int64_t window_;
};

}  // namespace attend
