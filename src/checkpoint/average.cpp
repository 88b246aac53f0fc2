#include "attend/checkpoint/average.h"

#include <torch/types.h>

#include "attend/core/error.h"

namespace attend {

void ParameterMean::add(const NamedTensors& parameters, std::string_view where) {
  if (count_ > 0 && parameters.size() != sums_.size())
    throw ModelError("[", where, "] expected the ", sums_.size(), " tensors of the model before it, got ",
                     parameters.size(), "; only models of one shape have a mean");
  for (const auto& [name, tensor] : parameters) {
    const auto found = sums_.find(name);
    if (count_ > 0 && (found == sums_.end() || found->second.total.sizes() != tensor.sizes()))
      throw ModelError("[", where, "] tensor ", name, " of shape ", tensor.sizes(),
                       ": the model before it has none such; only models of "
                       "one shape have a mean");
    if (count_ == 0) {
      sums_.emplace(name, Sum{tensor.to(at::kDouble, /*non_blocking=*/false, /*copy=*/true), tensor.scalar_type()});
    } else {
      found->second.total.add_(tensor.to(found->second.total.device()));
    }
  }
  ++count_;
}

NamedTensors ParameterMean::mean() const {
  NamedTensors means;
  for (const auto& [name, sum] : sums_) means.emplace(name, (sum.total / static_cast<double>(count_)).to(sum.type));
  return means;
}

}  // namespace attend
