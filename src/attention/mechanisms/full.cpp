// Full attention (Vaswani et al. 2017, section 3.2): softmax(scale q k^T + mask) v, with dropout on the probabilities.
// Cost: B N Tq Tk H time; memory B N Tq Tk for the reference, B N Tq for the fused kernel.
// Limits: fused covers CPU, float32 and bfloat16, head sizes up to 256; weights come from the reference alone.
#include "attend/attention/mechanisms/full.h"

#include "attend/core/error.h"
#include "attend/kernels/attention.h"

namespace attend {

namespace {

kernels::AttentionResult run_fused(const AttentionInput& input, const kernels::AttentionArguments& arguments) {
  const kernels::HeadCounts heads{input.q.size(1), input.k.size(1)};
  if (input.packed_qkv.defined()) return kernels::fused_self_attention(input.packed_qkv, heads, arguments);
  if (input.packed_kv.defined()) return kernels::fused_cross_attention(input.packed_q, input.packed_kv, heads, arguments);
  return kernels::fused_attention(arguments);
}

}  // namespace

AttentionOutput FullAttention::forward(const AttentionInput& input) {
  const kernels::AttentionArguments arguments{input.q,           input.k,     input.v,      input.mask.key_valid,
                                              input.mask.causal, input.scale, input.dropout};
  const bool reference = input.want_weights || implementation_ == AttentionImplementation::reference;
  const bool covered = kernels::fused_attention_covers(arguments);
  if (implementation_ == AttentionImplementation::fused && !covered)
    throw ConfigError("[model.attention] implementation: fused expected float32 or bfloat16 on the CPU and heads of at most ",
                      kernels::kMaxFusedHead, ", got ", arguments.q.scalar_type(), " on ", arguments.q.device(), " and heads of ",
                      arguments.q.size(-1), "; choose auto or reference");
  if (!reference && covered) {
    auto result = run_fused(input, arguments);
    return {result.out, {}, result.log_sum_exp};
  }
  auto result = kernels::reference_attention(arguments);
  return {result.out, input.want_weights ? result.weights : at::Tensor(), result.log_sum_exp};
}

}  // namespace attend
