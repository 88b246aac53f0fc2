// Other weights in a model for a while: what is validated or saved is not always what is trained.
#pragma once

#include "attend/checkpoint/model_directory.h"
#include "attend/training/step.h"

namespace attend {

class SwappedWeights {
 public:
  // No values: nothing changes. ModelError when they are not those of the model.
  SwappedWeights(Model& model, TrainingStep& step, const NamedTensors& values);
  ~SwappedWeights();  // puts the former ones back, bit by bit
  SwappedWeights(const SwappedWeights&) = delete;
  SwappedWeights& operator=(const SwappedWeights&) = delete;

 private:
  Model& model_;
  TrainingStep& step_;
  NamedTensors former_;
};

}  // namespace attend
