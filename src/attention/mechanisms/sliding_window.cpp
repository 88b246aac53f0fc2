// Sliding-window attention (Beltagy et al. 2020; causal: Jiang et al. 2023): key j is visible to query i when
// |i - j| < window, and j <= i where causal, so a window of 1 is the token alone.
// Cost: B N T window H time; B N T memory where the fused kernel runs, else (another device, double, relative_shaw,
// relative_xl) B N T window; a decoding state keeps a multiple of the window.
// Limits: self-attention.
#include "attend/attention/mechanisms/sliding_window.h"

#include <torch/types.h>

#include "softmax.h"

namespace attend {
namespace {

constexpr std::int64_t kLeastBlock = 32, kDrawGroup = 8;

// Queries begin .. end - 1 with the keys from the first that one of them may see to the place of the last.
kernels::AttentionArguments part_of(const kernels::AttentionArguments& whole, std::int64_t begin, std::int64_t end) {
  const std::int64_t Tq = whole.q.size(2), Tk = whole.k.size(2), before = Tk - Tq;
  const std::int64_t first = std::max<std::int64_t>(0, before + begin - whole.window + 1) / kDrawGroup * kDrawGroup;
  const std::int64_t queries = end - begin, keys = before + end - first;
  auto part = whole;
  part.q = whole.q.narrow(2, begin, queries);
  part.k = whole.k.narrow(2, first, keys);
  part.v = whole.v.narrow(2, first, keys);
  if (whole.key_valid.defined()) part.key_valid = whole.key_valid.narrow(1, first, keys);
  if (whole.segments.defined()) part.segments = whole.segments.narrow(1, first, keys);
  if (whole.distance_bias.defined()) part.distance_bias = whole.distance_bias.narrow(1, Tk - keys, queries + keys - 1);
  part.first_drawn = {begin, first};
  return part;
}

// Plain operations a block of queries at a time. Where later keys are seen, the queries up to the last such key come
// along, so that the last query stands at the last key; what they give is dropped.
AttentionOutput in_blocks(const AttentionInput& input, const kernels::AttentionArguments& whole) {
  const std::int64_t Tq = whole.q.size(2), block = std::max(kLeastBlock, whole.window);
  std::vector<at::Tensor> out, log_sum_exp;
  for (std::int64_t begin = 0; begin < Tq; begin += block) {
    const std::int64_t end = std::min(begin + block, Tq);
    const auto mixed = plain_attention(input, part_of(whole, begin, whole.causal ? end : std::min(end + whole.window - 1, Tq)));
    out.push_back(mixed.out.narrow(2, 0, end - begin));
    log_sum_exp.push_back(mixed.log_sum_exp.narrow(2, 0, end - begin));
  }
  return {torch::cat(out, 2), {}, torch::cat(log_sum_exp, 2)};
}

}  // namespace

AttentionOutput SlidingWindowAttention::forward(const AttentionInput& input) {
  auto arguments = softmax_arguments(input);
  arguments.window = window_;
  if (runs_fused(input, arguments) || input.want_weights) return softmax_attention(input, arguments, AttentionImplementation::automatic);
  return in_blocks(input, arguments);
}

std::unique_ptr<LayerState> SlidingWindowAttention::make_state(const StateShape& shape, AttentionUse) const {
  return std::make_unique<KeyValueState>(shape, window_);
}

}  // namespace attend
