#pragma once

#include "attend/attention/mechanism.h"

namespace attend {

// Each query sees its own block of keys and the one before; see src/attention/mechanisms/neighbours.cpp.
class NeighbourAttention final : public AttentionMechanism {
 public:
  AttentionOutput forward(const AttentionInput& input) const override;
  std::unique_ptr<LayerState> make_state(const StateShape& shape, AttentionUse use) const override;
};

}  // namespace attend
