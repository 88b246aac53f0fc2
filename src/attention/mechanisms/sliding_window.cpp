// Sliding-window attention (Beltagy et al. 2020; causal: Jiang et al. 2023): key j is visible to query i when
// |i - j| < window, and j <= i where causal, so a window of 1 is the token alone.
// Cost: B N T window H time; B N T memory where the fused kernel runs, else (another device, double, relative_shaw,
// relative_xl) B N T times two to three windows; a decoding state keeps a multiple of the window.
// Limits: self-attention. Weights, where they are asked for, are T x T.
#include "attend/attention/mechanisms/sliding_window.h"

#include <torch/types.h>

#include <algorithm>

#include "softmax.h"

namespace attend {
namespace {

constexpr std::int64_t kLeastStep = 32;

// Block j holds `step` queries from j step on, and the keys that they may see: from first_key + j step on, `ahead` of
// them later than the last query.
struct Blocks {
  std::int64_t count, step, keys, first_key, ahead;
};

Blocks cut(const kernels::AttentionArguments& a) {
  const std::int64_t Tq = a.q.size(2), Tk = a.k.size(2), before = std::min(a.plan.window, Tk) - 1,
                     ahead = a.causal ? 0 : before;
  const std::int64_t step = std::min(std::max(kLeastStep, before + 1), Tq);
  return {(Tq + step - 1) / step, step, before + step + ahead, Tk - Tq - before, ahead};
}

struct Stretch {
  std::int64_t first, length;  // of block 0
};

// Places of dimension `dim` cut in overlapping stretches: a dimension c in its place, one of L at the end; `outside`
// outside.
at::Tensor stretches(const at::Tensor& x, std::int64_t dim, Stretch stretch, const Blocks& blocks,
                     std::int64_t outside = 0) {
  const std::int64_t missing = stretch.first + (blocks.count - 1) * blocks.step + stretch.length - x.size(dim);
  std::vector<std::int64_t> pad(static_cast<std::size_t>(2 * (x.dim() - dim)), 0);  // from the last dimension on
  pad[pad.size() - 2] = -stretch.first;
  pad[pad.size() - 1] = missing;
  return torch::constant_pad_nd(x, pad, outside).unfold(dim, stretch.length, blocks.step);
}

// (B, M, T, H) -> (B c, M, L, H)
at::Tensor heads_in_blocks(const at::Tensor& x, Stretch stretch, const Blocks& blocks) {
  return stretches(x, 2, stretch, blocks).permute({0, 2, 1, 4, 3}).flatten(0, 1);  // of (B, M, c, H, L)
}

// Plain operations on blocks of queries as rows of a batch.
AttentionOutput attention_in_blocks(const AttentionInput& input, kernels::AttentionArguments a, const Blocks& blocks) {
  const std::int64_t B = a.q.size(0), Tq = a.q.size(2), Tk = a.k.size(2);
  if (a.dropout.active()) kernels::check_drawn_places(Tq, Tk);
  const Stretch queries{0, blocks.step}, keys{blocks.first_key, blocks.keys};
  const auto valid = a.key_valid.defined() ? a.key_valid : torch::ones({B, Tk}, a.k.options().dtype(torch::kBool));
  a.key_valid = stretches(valid, 1, keys, blocks).flatten(0, 1);  // (B c, L)
  if (a.segments.defined()) a.segments = stretches(a.segments, 1, keys, blocks, -1).flatten(0, 1);
  a.q = heads_in_blocks(a.q, queries, blocks);
  a.k = heads_in_blocks(a.k, keys, blocks);
  a.v = heads_in_blocks(a.v, keys, blocks);
  if (a.distance_bias.defined())
    a.distance_bias = a.distance_bias.narrow(1, Tk - blocks.keys, blocks.step + blocks.ahead + blocks.keys - 1);
  a.ahead = blocks.ahead;
  a.drawn = {blocks.count, blocks.step, blocks.first_key};
  const auto mixed = plain_attention(input, a);
  const auto joined = [&](const at::Tensor& x) {  // (B c, N, L, ...) -> (B, N, Tq, ...)
    return x.unflatten(0, {B, blocks.count}).transpose(1, 2).flatten(2, 3).narrow(2, 0, Tq);
  };
  return {joined(mixed.out), {}, joined(mixed.log_sum_exp)};
}

}  // namespace

AttentionOutput SlidingWindowAttention::forward(const AttentionInput& input) const {
  auto arguments = softmax_arguments(input);
  arguments.plan.window = window_;
  const Blocks blocks = cut(arguments);
  const bool longer = blocks.keys < arguments.k.size(2);
  if (longer && !runs_fused(input, arguments) && !input.want_weights)
    return attention_in_blocks(input, arguments, blocks);
  return softmax_attention(input, arguments, AttentionImplementation::automatic);
}

std::unique_ptr<LayerState> SlidingWindowAttention::make_state(const StateShape& shape, AttentionUse) const {
  return std::make_unique<KeyValueState>(shape, shape.places > 0 ? std::min(window_, shape.places) : window_);
}

}  // namespace attend
