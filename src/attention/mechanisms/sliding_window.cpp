// Sliding-window attention (Beltagy et al. 2020; causal: Jiang et al. 2023): key j is visible to query i when
// |i - j| < window, and j <= i where causal, so a window of 1 is the token alone.
// Cost: B N T window H time, B N T memory; a decoding state keeps a multiple of the window.
// Limits: self-attention. Where the fused kernel does not run (another device, double), plain operations hold T x T scores.
#include "attend/attention/mechanisms/sliding_window.h"

#include "softmax.h"

namespace attend {

AttentionOutput SlidingWindowAttention::forward(const AttentionInput& input) {
  auto arguments = softmax_arguments(input);
  arguments.window = window_;
  return softmax_attention(input, arguments, AttentionImplementation::automatic);
}

std::unique_ptr<LayerState> SlidingWindowAttention::make_state(const StateShape& shape, AttentionUse) const {
  return std::make_unique<KeyValueState>(shape, window_);
}

}  // namespace attend
