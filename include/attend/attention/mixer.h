// The seam above mechanisms: hidden states to hidden states along a sequence. Multi-head attention is one such mixer.
#pragma once

#include <torch/nn/module.h>

#include <memory>

#include "attend/attention/layer_state.h"
#include "attend/attention/mask.h"
#include "attend/tensor/forward_context.h"

namespace attend {

struct MixerInput {
  at::Tensor x;       // (B, T, D)
  at::Tensor memory;  // (B, S, D) for cross-attention, undefined otherwise (or once the state is filled)
  const AttentionMask& mask;
  const ForwardContext& context;
  LayerState* state = nullptr;  // null: a whole pass
};

class SequenceMixer : public torch::nn::Module {
 public:
  // (B, T, D)
  virtual at::Tensor forward(const MixerInput& input) = 0;
  virtual std::unique_ptr<LayerState> make_state(const StateShape& shape) const = 0;
  // dtype in which x is read best.
  virtual at::ScalarType compute_dtype() const = 0;
};

}  // namespace attend
