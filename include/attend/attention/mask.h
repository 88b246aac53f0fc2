// Who may attend to whom. One polarity everywhere: true = may attend. It becomes -inf in one place only, the kernels.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace attend {

struct AttentionMask {
  bool causal = false;
  at::Tensor key_valid;               // (B, Tk) bool, or undefined: every key is real
  at::Tensor segments;                // (B, T) int64, non-decreasing: self-attention sees its own segment only; undefined: one
  std::vector<std::int64_t> lengths;  // real keys of each row, on the host; empty: unknown

  // ids (B, T): true where the token is not padding. `lengths` stays empty.
  static AttentionMask from_padding(const at::Tensor& ids, std::int64_t padding_id, bool causal);
};

// The whole mask as a boolean (B or 1, 1, Tq, Tk); undefined when everything is visible. Causality is aligned at the
// bottom right: query i is at position Tk - Tq + i.
at::Tensor expand_mask(const AttentionMask& mask, std::int64_t queries, std::int64_t keys, at::Device device);

}  // namespace attend
