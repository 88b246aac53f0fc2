// What a forward pass carries besides its tensors. New needs become fields here, never further arguments.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "attend/tensor/draws.h"

namespace attend {

// Sums and counts, never means: the trainer divides once, after accumulation (and all-reduce).
// weight 0: reported only (the plain NLL beside the smoothed loss).
struct LossTerm {
  std::string name;
  at::Tensor sum, count;
  double weight = 1.0;
};

// Who wants to see attention weights: every attention layer asks, and hands over (B, N, Tq, Tk) where the answer is yes.
// In decoding the hypotheses of a sentence stand side by side on the query axis of cross-attention.
class AttentionRecorder {
 public:
  virtual ~AttentionRecorder() = default;
  virtual bool wants(int layer, Site site) const = 0;
  virtual void take(int layer, Site site, const at::Tensor& weights) = 0;
};

struct ForwardContext {
  bool training = false;
  bool left_padded = false;  // rows of ids start with padding; right padding needs no mention
  DrawKey draws;
  std::vector<LossTerm>* auxiliary = nullptr;  // where sublayers put further loss terms
  AttentionRecorder* recorder = nullptr;

  // Dropout with probability p at a site of a layer; inactive outside training.
  Dropout dropout(double p, int layer, Site site) const { return {training ? p : 0.0, {draws, layer, site}}; }
};

}  // namespace attend
