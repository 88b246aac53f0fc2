// Uniform attention: out_i = mean of the values that query i may see. Softmax attention whose queries are all 0; what
// positions add to a score without a query still weighs. Cost: that of full attention. Limits: none beyond those of
// full attention.
#include "tests/toys/uniform.h"

#include <torch/types.h>

#include "src/attention/mechanisms/softmax.h"

namespace attend {

AttentionOutput UniformAttention::forward(const AttentionInput& input) const {
  auto without = input;
  without.heads = input.heads.with_q(input.heads.q() * 0);  // of no weight, but with a gradient
  return softmax_attention(without, softmax_arguments(without), AttentionImplementation::automatic);
}

std::unique_ptr<LayerState> UniformAttention::make_state(const StateShape& shape, AttentionUse use) const {
  if (use == AttentionUse::cross) return std::make_unique<CrossState>();
  return std::make_unique<KeyValueState>(shape);
}

}  // namespace attend
