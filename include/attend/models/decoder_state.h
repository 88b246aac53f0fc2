// The state of a decoding batch; see attention/layer_state.h for reorder and keep.
#pragma once

#include "attend/models/block.h"

namespace attend {

struct DecoderState {
  StackState layers;
  std::int64_t length = 0;  // tokens taken in so far
  at::Tensor real = {};     // (hypotheses) int64: how many of them are no padding; undefined: all

  void reorder(const at::Tensor& hypothesis_rows);
  void keep(const at::Tensor& sentence_rows);

  // Tokens (hypotheses, t) that come next, of which `valid` (the same shape, bool; undefined: all) are real.
  // Their positions, (hypotheses, t) int64; undefined where all rows go on at `length`.
  at::Tensor next_positions(const at::Tensor& tokens, const at::Tensor& valid) const;
  // Counts them, after the layers took them in.
  void count(const at::Tensor& tokens, const at::Tensor& valid);
};

}  // namespace attend
