// Saves memory for the price of time (Chen et al. 2016, "Training deep nets with sublinear memory cost"). Only the
// inputs of a part of the model are kept, and backward computes the part once more.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

namespace attend {

// A part of a model: a pure function of its inputs and of weights that it knows. It must own copies of everything else
// that it uses, because backward calls it after the caller has returned.
using RecomputedPart = std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>& inputs)>;

// Returns part(inputs), of which only the inputs are kept for backward. `weights` are the leaves that the part reads.
// Dropout draws from counters, so gradients are those of a plain call in every bit. Each output may have a gradient:
// besides activations, a part may return terms of the loss.
std::vector<at::Tensor> recompute(RecomputedPart part, const std::vector<at::Tensor>& inputs,
                                  const std::vector<at::Tensor>& weights);

}  // namespace attend
