// Who may attend to whom. One polarity everywhere: true = may attend. It becomes -inf in one place only, the kernels.
#pragma once

#include <ATen/core/Tensor.h>

namespace attend {

struct AttentionMask {
  bool causal = false;
  at::Tensor key_valid;  // (B, Tk) bool, or undefined: every key is real. With a state: of the new keys, it remembers the rest
  at::Tensor remembered;  // (B) int64, with a state of keys: how many places before the new ones are seen; or undefined: all
  at::Tensor segments;   // (B, T) int64, each value in one run: a query sees its own segment alone; or undefined

  // ids (B, T): true where the token is not padding.
  static AttentionMask from_padding(const at::Tensor& ids, std::int64_t padding_id, bool causal);
};

}  // namespace attend
