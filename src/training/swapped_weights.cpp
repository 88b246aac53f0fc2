#include "attend/training/swapped_weights.h"

#include <torch/types.h>

namespace attend {

SwappedWeights::SwappedWeights(Model& model, TrainingStep& step, const NamedTensors& values)
    : model_(model), step_(step) {
  if (values.empty()) return;
  NamedTensors former;
  for (const auto& [name, tensor] : parameters_of(model)) former.emplace(name, tensor.clone());
  set_parameters(model_, values, "weights to validate");
  step_.refresh();
  former_ = std::move(former);
}

SwappedWeights::~SwappedWeights() {
  if (former_.empty()) return;
  set_parameters(model_, former_, "trained weights");
  step_.refresh();
}

}  // namespace attend
