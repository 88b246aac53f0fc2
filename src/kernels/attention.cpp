#include "attend/kernels/attention.h"

namespace attend::kernels {

bool fused_attention_covers(const AttentionArguments& a) {
  const auto type = a.q.scalar_type();
  return a.q.is_cpu() && (type == at::kFloat || type == at::kBFloat16) && a.q.size(3) <= 256;
}

AttentionResult fused_attention(const AttentionArguments& a) {
  TORCH_CHECK(fused_attention_covers(a), "[attention] expected float32 or bfloat16 on the CPU and heads of at most 256");
  const ReferenceAttentionResult result = reference_attention(a);
  return {result.out, result.log_sum_exp};
}

}  // namespace attend::kernels
