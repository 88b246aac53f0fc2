// The interface that every kind of attention implements. A mechanism takes the queries, keys and values of one layer,
// split into heads, and returns the mixed values. Each kind has one .cpp in mechanisms/, one struct of options in
// config/attention/ and one overload in build.cpp.
// Legend: B batch, N query heads, M key heads, T length, Tq queries, Tk keys, H head size.
#pragma once

#include <torch/nn/module.h>

#include <memory>

#include "attend/attention/heads.h"
#include "attend/attention/layer_state.h"
#include "attend/attention/mask.h"
#include "attend/config/attention_config.h"
#include "attend/position/position.h"
#include "attend/tensor/draws.h"

namespace attend {

struct AttentionInput {
  Heads heads;  // with a state, its k and v hold only the new keys and values, or nothing where there are none
  const AttentionMask& mask;
  double scale = 1.0;
  Dropout dropout = {};
  bool want_weights = false;
  LayerState* state = nullptr;     // made by make_state() of the same mechanism; null: there is no state
  const Rotary* rotary = nullptr;  // set only where the mechanism turns features itself; q and k are not turned then
  // The position schemes of the layer that act on scores; null where there are none.
  const DistanceBias* distance = nullptr;
  const RelativeScores* relative = nullptr;
};

struct AttentionOutput {
  at::Tensor out;          // (B, N, Tq, H)
  at::Tensor weights;      // (B, N, Tq, Tk), before dropout; defined only where want_weights asks for them
  at::Tensor log_sum_exp;  // (B, N, Tq), defined by softmax attentions only
};

class AttentionMechanism : public torch::nn::Module {
 public:
  // Mixes the values. Where there is a state, it takes in the new keys and values first. ConfigError for what the
  // mechanism cannot do, such as the weights of linear attention.
  virtual AttentionOutput forward(const AttentionInput& input) const = 0;
  // Returns an empty state for decoding. `use` says where in the model the layer stands.
  virtual std::unique_ptr<LayerState> make_state(const StateShape& shape, AttentionUse use) const = 0;
  // Returns true where the mechanism turns its features by rotary positions itself. This holds for mechanisms with a
  // feature map: turned before the map, features would no longer see only differences of positions.
  virtual bool turns_features() const { return false; }
};

// What a mechanism may depend on besides its options.
struct MechanismShape {
  std::int64_t heads = 1, kv_heads = 1, head_size = 1;
  AttentionUse use = AttentionUse::decoder_self;
  LayerPlace place = {};
};

// Returns the mechanism that the config names. The config must have been checked against its abilities().
std::shared_ptr<AttentionMechanism> make_mechanism(const MechanismShape& shape, const AttentionConfig& config);

}  // namespace attend
