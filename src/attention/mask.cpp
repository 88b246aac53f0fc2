#include "attend/attention/mask.h"

#include <torch/types.h>

namespace attend {

AttentionMask AttentionMask::from_padding(const at::Tensor& ids, std::int64_t padding_id, bool causal) {
  AttentionMask mask;
  mask.causal = causal;
  mask.key_valid = ids != padding_id;
  return mask;
}

at::Tensor expand_mask(const AttentionMask& mask, std::int64_t queries, std::int64_t keys, at::Device device) {
  at::Tensor visible;
  if (mask.key_valid.defined()) visible = mask.key_valid.view({mask.key_valid.size(0), 1, 1, keys});
  if (mask.causal) {
    const auto options = torch::TensorOptions(torch::kInt64).device(device);
    const auto position = torch::arange(queries, options).unsqueeze(1) + (keys - queries);  // (Tq, 1)
    const auto triangle = (torch::arange(keys, options).unsqueeze(0) <= position).view({1, 1, queries, keys});
    visible = visible.defined() ? visible.logical_and(triangle) : triangle;
  }
  return visible;
}

}  // namespace attend
