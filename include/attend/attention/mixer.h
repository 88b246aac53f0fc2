// The interface above mechanisms. A mixer turns hidden states into hidden states along a sequence; multi-head attention
// is one such mixer.
// Legend: B batch, T length, S length of the memory, D model.
#pragma once

#include <torch/nn/module.h>

#include <memory>

#include "attend/attention/layer_state.h"
#include "attend/attention/mask.h"
#include "attend/tensor/forward_context.h"

namespace attend {

struct MixerInput {
  at::Tensor x;       // (B, T, D)
  at::Tensor memory;  // (B, S, D), read by cross-attention until its state is filled; otherwise undefined
  const AttentionMask& mask;
  const ForwardContext& context;
  LayerState* state = nullptr;  // null: one pass over whole sequences
};

class SequenceMixer : public torch::nn::Module {
 public:
  // Returns (B, T, D). Where there is a state, x continues what the state has seen.
  virtual at::Tensor forward(const MixerInput& input) const = 0;
  // Returns an empty state for decoding.
  virtual std::unique_ptr<LayerState> make_state(const StateShape& shape) const = 0;
  // Returns the dtype in which x is read without a cast.
  virtual at::ScalarType compute_dtype() const = 0;
};

}  // namespace attend
