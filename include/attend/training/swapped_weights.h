// Puts other weights into a model for a while, because the weights that are validated or saved are not always those
// being trained.
#pragma once

#include "attend/checkpoint/model_directory.h"
#include "attend/training/step.h"

namespace attend {

class SwappedWeights {
 public:
  // Without values nothing changes. Throws ModelError when the values do not fit the model.
  SwappedWeights(Model& model, TrainingStep& step, const NamedTensors& values);
  ~SwappedWeights();  // restores the former weights bit by bit
  SwappedWeights(const SwappedWeights&) = delete;
  SwappedWeights& operator=(const SwappedWeights&) = delete;

 private:
  Model& model_;
  TrainingStep& step_;
  NamedTensors former_;
};

}  // namespace attend
