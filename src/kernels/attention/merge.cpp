// B batch, N heads, Tq queries, H head size.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <limits>

#include "attend/kernels/attention.h"

namespace attend::kernels {

AttentionResult merge(const AttentionResult& a, const AttentionResult& b) {
  // The larger of both is a constant that keeps exp() in range. Where neither saw a key it is 0, so that no -inf - -inf
  // gives a NaN, here or in a gradient.
  const auto larger = at::maximum(a.log_sum_exp, b.log_sum_exp).detach();
  const auto is_empty = larger.isneginf();
  const auto high = larger.masked_fill(is_empty, 0.0);
  const auto from_a = at::exp(a.log_sum_exp - high), from_b = at::exp(b.log_sum_exp - high);  // (B, N, Tq)
  const auto total = (from_a + from_b).masked_fill(is_empty, 1.0);
  const auto mixed = (a.out * from_a.unsqueeze(-1) + b.out * from_b.unsqueeze(-1)) / total.unsqueeze(-1);
  const auto log_sum_exp = (high + at::log(total)).masked_fill(is_empty, -std::numeric_limits<double>::infinity());
  return {mixed.to(a.out.scalar_type()), log_sum_exp};
}

}  // namespace attend::kernels
