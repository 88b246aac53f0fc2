// Uniform attention: out_i = mean of the values that query i may see. Softmax attention whose scores are all equal.
// Cost: that of full attention. Limits: none beyond those of full attention.
#pragma once

#include "attend/attention/mechanism.h"
#include "src/attention/mechanisms/softmax.h"

namespace attend {

class UniformAttention final : public AttentionMechanism {
 public:
  AttentionOutput forward(const AttentionInput& input) override {
    auto plain = input;
    plain.packed_qkv = plain.packed_kv = at::Tensor();  // the queries below are no part of the projection
    auto arguments = softmax_arguments(plain);
    arguments.q = at::zeros_like(arguments.q);
    return softmax_attention(plain, arguments, AttentionImplementation::automatic);
  }
  std::unique_ptr<LayerState> make_state(const StateShape& shape, AttentionUse use) const override {
    if (use == AttentionUse::cross) return std::make_unique<CrossState>();
    return std::make_unique<KeyValueState>(shape);
  }
};

}  // namespace attend
