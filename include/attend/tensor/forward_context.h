// Holds what a forward pass carries besides its tensors. New needs become fields here, never further arguments.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "attend/tensor/draws.h"
#include "attend/tensor/loss_term.h"

namespace attend {

// A recorder sees attention weights. Every attention layer asks wants() and, where the answer is yes, hands its weights
// (B, N, Tq, Tk) to take(). In decoding the hypotheses of a sentence stand side by side on the query axis of
// cross-attention.
class AttentionRecorder {
 public:
  virtual ~AttentionRecorder() = default;
  virtual bool wants(int layer, Site site) const = 0;
  virtual void take(int layer, Site site, const at::Tensor& weights) = 0;
};

struct ForwardContext {
  bool training = false;
  DrawKey draws;
  // Where sublayers put further terms of the loss; null where nobody asks for them, as in evaluation.
  std::vector<LossTerm>* auxiliary = nullptr;
  AttentionRecorder* recorder = nullptr;

  // Returns dropout with probability p at a site of a layer. It is inactive outside training.
  Dropout dropout(double p, int layer, Site site) const { return {training ? p : 0.0, {draws, layer, site}}; }
};

}  // namespace attend
