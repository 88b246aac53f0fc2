// The seam every attention of the literature plugs into: queries, keys and values of one layer, split in heads, in;
// mixed values out. One .cpp in mechanisms/ a variant, one row in config/enums.h, one case in build.cpp.
#pragma once

#include <torch/nn/module.h>

#include <memory>

#include "attend/attention/layer_state.h"
#include "attend/attention/mask.h"
#include "attend/config/config.h"
#include "attend/position/position.h"
#include "attend/tensor/draws.h"

namespace attend {

struct AttentionInput {
  at::Tensor q;     // (B, N, Tq, H)
  at::Tensor k, v;  // (B, M, Tk, H), M divides N: consecutive query heads share a key head. With a state: what is new to it,
                    // undefined where that is nothing
  const AttentionMask& mask;
  double scale = 1.0;
  Dropout dropout = {};
  bool want_weights = false;
  LayerState* state = nullptr;             // made by make_state of the same mechanism
  const Rotary* rotary = nullptr;          // where the mechanism turns features itself; q, k are not turned then
  DistanceBias* distance = nullptr;        // schemes of positions that act on scores
  RelativeScores* relative = nullptr;
  // The projections that q, k and v are views of, where they are: self-attention (B, T, (N + 2M) H) in packed_qkv;
  // cross-attention (B, Tq, N H) and (B, Tk, 2 M H). A kernel that reads them gives their gradient in one piece.
  at::Tensor packed_qkv = {}, packed_q = {}, packed_kv = {};
};

struct AttentionOutput {
  at::Tensor out;          // (B, N, Tq, H)
  at::Tensor weights;      // (B, N, Tq, Tk) before dropout, where asked for
  at::Tensor log_sum_exp;  // (B, N, Tq), of softmax attentions
};

class AttentionMechanism : public torch::nn::Module {
 public:
  virtual AttentionOutput forward(const AttentionInput& input) = 0;
  virtual std::unique_ptr<LayerState> make_state(const StateShape& shape, AttentionUse use) const = 0;
  // Rotary positions belong behind a feature map: turned before it, they would no longer see differences alone.
  virtual bool turns_features() const { return false; }
};

// The config has been checked against kAttentionAbilities.
std::shared_ptr<AttentionMechanism> make_mechanism(const AttentionConfig& config);

}  // namespace attend
