// Memory for time (Chen et al. 2016, "Training deep nets with sublinear memory cost"): of a part of the model only the
// inputs are kept, and backward computes the part once more.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

namespace attend {

using Part = std::function<at::Tensor(const std::vector<at::Tensor>& inputs)>;

// part(inputs). `weights`: the leaves that the part reads. The part must be a pure function of both; dropout is, because
// its draws come from counters, so gradients are those of a plain call in every bit. Nothing of the part may outlive a
// call but what it holds itself.
at::Tensor recompute(Part part, const std::vector<at::Tensor>& inputs, const std::vector<at::Tensor>& weights);

}  // namespace attend
