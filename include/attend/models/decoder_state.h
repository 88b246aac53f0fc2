// The state of a decoding batch; attention/layer_state.h says what reorder and keep do.
// Legend: t new tokens of each hypothesis.
#pragma once

#include "attend/models/block.h"

namespace attend {

struct DecoderState {
  StackState layers;
  std::int64_t length = 0;  // tokens taken in so far
  at::Tensor real = {};     // (hypotheses) int64: how many of these tokens are not padding; undefined: all

  void reorder(const at::Tensor& hypothesis_rows);
  void keep(const at::Tensor& sentence_rows);

  // Returns the positions of the tokens (hypotheses, t) that come next: (hypotheses, t) int64, or undefined where all
  // rows go on at `length`. `valid` (hypotheses, t) bool says which tokens are real; undefined: all are.
  at::Tensor next_positions(const at::Tensor& tokens, const at::Tensor& valid) const;
  // Counts these tokens. It is called after the layers took them in.
  void count(const at::Tensor& tokens, const at::Tensor& valid);
};

}  // namespace attend
