#pragma once

#include "attend/attention/mechanism.h"

namespace attend {

// The mean of the values that a query may see; see src/attention/mechanisms/uniform.cpp.
class UniformAttention final : public AttentionMechanism {
 public:
  AttentionOutput forward(const AttentionInput& input) const override;
  std::unique_ptr<LayerState> make_state(const StateShape& shape, AttentionUse use) const override;
};

}  // namespace attend
