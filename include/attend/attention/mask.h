// Says who may attend to whom. There is one polarity everywhere: true means that a query may attend. Only the kernels
// turn this into -inf.
#pragma once

#include <ATen/core/Tensor.h>

namespace attend {

struct AttentionMask {
  bool causal = false;
  // (B, Tk) bool, true where a key is real; undefined: every key is real. With a state it covers only the new keys,
  // because the state remembers the validity of earlier ones.
  at::Tensor key_valid;
  // (B) int64, for a state of keys: how many places before the new ones each row sees; undefined: all of them.
  at::Tensor remembered;
  // (B, T) int64, each value in one run: a query sees only its own segment; undefined: there are no segments.
  at::Tensor segments;

  // Returns a mask for ids (B, T) in which every token is valid that is not padding.
  static AttentionMask from_padding(const at::Tensor& ids, std::int64_t padding_id, bool causal);
};

}  // namespace attend
