// Full attention (Vaswani et al. 2017, section 3.2): softmax(scale q k^T + mask) v, with dropout on the probabilities.
// softcap c > 0 (Gemma 2): scores s become c tanh(s / c) before the mask and before biases of positions.
// Cost: B N Tq Tk H time; memory B N Tq Tk for the reference, B N Tq for the fused kernel.
// Limits: fused covers CPU, float32 and bfloat16, head sizes up to 256, no softcap; weights come from the reference
// alone.
#include "attend/attention/mechanisms/full.h"

#include "softmax.h"

namespace attend {

AttentionOutput FullAttention::forward(const AttentionInput& input) const {
  auto arguments = softmax_arguments(input);
  arguments.softcap = softcap_;
  return softmax_attention(input, arguments, implementation_);
}

std::unique_ptr<LayerState> FullAttention::make_state(const StateShape& shape, AttentionUse use) const {
  if (use == AttentionUse::cross) return std::make_unique<CrossState>();
  return std::make_unique<KeyValueState>(shape, shape.places);
}

}  // namespace attend
