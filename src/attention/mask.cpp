#include "attend/attention/mask.h"

#include <torch/types.h>

namespace attend {

AttentionMask AttentionMask::from_padding(const at::Tensor& ids, std::int64_t padding_id, bool causal) {
  AttentionMask mask;
  mask.causal = causal;
  mask.key_valid = ids != padding_id;
  return mask;
}

}  // namespace attend
