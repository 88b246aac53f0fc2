#pragma once

#include "attend/attention/mechanism.h"

namespace attend {

// softmax(scale q k^T + mask) v over every visible key.
class FullAttention final : public AttentionMechanism {
 public:
  explicit FullAttention(AttentionImplementation implementation) : implementation_(implementation) {}
  AttentionOutput forward(const AttentionInput& input) override;

 private:
  AttentionImplementation implementation_;
};

}  // namespace attend
