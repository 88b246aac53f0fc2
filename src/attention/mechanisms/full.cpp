// Full attention (Vaswani et al. 2017, section 3.2): softmax(scale q k^T + mask) v, with dropout on the probabilities.
// Cost: B N Tq Tk H time; memory B N Tq Tk for the reference, B N Tq for the fused kernel.
// Limits: fused covers CPU, float32 and bfloat16, head sizes up to 256; weights come from the reference alone.
#include "attend/attention/mechanisms/full.h"

#include "attend/kernels/attention.h"

namespace attend {

AttentionOutput FullAttention::forward(const AttentionInput& input) {
  const kernels::AttentionArguments arguments{input.q,           input.k,     input.v,      input.mask.key_valid,
                                              input.mask.causal, input.scale, input.dropout};
  if (!input.want_weights && implementation_ != AttentionImplementation::reference &&
      kernels::fused_attention_covers(arguments)) {
    auto result = kernels::fused_attention(arguments);
    return {result.out, {}, result.log_sum_exp};
  }
  auto result = kernels::reference_attention(arguments);
  return {result.out, input.want_weights ? result.weights : at::Tensor(), result.log_sum_exp};
}

}  // namespace attend
