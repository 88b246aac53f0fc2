// One update: gradients of one or several batches as sums, one division, one clipping, one pass of the optimizer. Nothing
// is synchronised with the device.
#pragma once

#include <memory>
#include <vector>

#include "attend/optim/optimizer.h"
#include "attend/optim/schedule.h"
#include "attend/training/batch_gradients.h"
#include "attend/training/ema.h"
#include "attend/training/memory_limit.h"

namespace attend {

// The trained weights in flat segments, with working copies of `compute` attached to the model. Frozen weights keep their
// place and get copies of their own.
std::vector<Segment> make_training_segments(Model& model, const OptimizerConfig& config, at::ScalarType compute);

// What one update did: scalars on the device.
struct UpdateResult {
  at::Tensor loss, nll, count;  // float64 sums over the batches
  at::Tensor gradient_norm;     // of the mean gradient, before clipping
  at::Tensor applied;           // bool; false: the loss or the norm was no number, so nothing was changed
};

class TrainingStep {
 public:
  TrainingStep(const Config& config, Task& task, Model& model, const Runtime& runtime);

  // Update number `step`, from 1, on these batches (their rows form one global batch, in order). A batch for which memory
  // does not suffice is split, and the update is made again with the same masks. OutOfMemoryError: not even a row fits.
  UpdateResult run(std::int64_t step, std::vector<Batch>& batches);

  Schedule& schedule() { return schedule_; }
  const Ema& ema() const { return ema_; }
  // While the result lives, the model has the averaged weights (where there are any).
  Ema::Swap averaged() { return Ema::Swap(ema_); }

  // The files of a checkpoint: optimizer.safetensors; with a moving average ema.safetensors, which holds the whole model;
  // memory.safetensors where the task remembers something; and the entry "update" of state.json.
  std::map<std::string, std::map<std::string, at::Tensor>> save(Json& state) const;
  void load(const std::filesystem::path& checkpoint, const Json& state);
  // Rounds the working copies again after parameters were written from outside.
  void refresh();

 private:
  LossSums gradients_of(std::int64_t step, std::vector<Batch>& batches);

  Task& task_;
  Model& model_;
  Runtime runtime_;
  double clip_norm_;
  Schedule schedule_;
  std::vector<Segment> segments_;
  std::unique_ptr<Optimizer> optimizer_;
  Ema ema_;
  BatchGradients gradients_;
  MemoryLimit limit_;
};

}  // namespace attend
