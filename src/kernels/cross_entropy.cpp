#include "attend/kernels/cross_entropy.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

namespace attend::kernels {
namespace reference {

CrossEntropyResult cross_entropy(const CrossEntropyInput& input) {
  const at::Tensor z_low = linear(input.hidden, input.weight, input.bias);
  const at::Tensor z = z_low.to(z_low.scalar_type() == at::kDouble ? at::kDouble : at::kFloat);
  const at::Tensor counts = input.labels.ne(input.ignore);
  const at::Tensor labels = input.labels.masked_fill(counts.logical_not(), 0).unsqueeze(1);
  const at::Tensor lse = at::logsumexp(z, {1}), target = z.gather(1, labels).squeeze(1);
  const at::Tensor smoothed = lse - (1 - input.smoothing) * target - input.smoothing * z.mean(1);
  const at::Tensor weight = counts.to(z.scalar_type());
  return {(smoothed * weight).sum(), ((lse - target) * weight).sum().detach(), counts.sum()};
}

}  // namespace reference

CrossEntropyResult cross_entropy(const CrossEntropyInput& input) { return reference::cross_entropy(input); }

}  // namespace attend::kernels
