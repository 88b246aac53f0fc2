#pragma once

#include "attend/attention/mechanism.h"

namespace attend {

// softmax(scale q k^T + positions + mask) v over the keys nearer than `window`, the query's own place included.
class SlidingWindowAttention final : public AttentionMechanism {
 public:
  explicit SlidingWindowAttention(const AttentionConfig& config) : window_(config.window) {}
  AttentionOutput forward(const AttentionInput& input) override;
  std::unique_ptr<LayerState> make_state(const StateShape& shape, AttentionUse use) const override;

 private:
  std::int64_t window_;
};

}  // namespace attend
