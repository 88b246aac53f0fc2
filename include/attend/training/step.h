// One update: the sums of the gradients of one or several batches, one division, one clipping, one pass of the
// optimizer. Nothing is synchronised with the device.
#pragma once

#include <memory>
#include <vector>

#include "attend/optim/optimizer.h"
#include "attend/optim/schedule.h"
#include "attend/training/batch_gradients.h"
#include "attend/training/ema.h"
#include "attend/training/memory_limit.h"

namespace attend {

// Returns the trained weights in flat segments, and attaches working copies of type `compute` to the model. Frozen
// weights stay where they are and get separate copies.
std::vector<Segment> make_training_segments(Model& model, const OptimizerConfig& config, at::ScalarType compute);

// What one update did: scalars on the device.
struct UpdateResult {
  // The terms of the loss by name, float64 sums over the batches. The first one is the loss of the tokens: its count
  // divides the gradient, so every other term is an amount for each of its tokens.
  std::vector<LossTerm> terms;
  at::Tensor gradient_norm;  // norm of the mean gradient, before clipping
  at::Tensor applied;        // bool; false: the loss or the norm was NaN or infinite, so nothing was changed

  const LossTerm& loss() const { return terms.front(); }
};

class TrainingStep {
 public:
  TrainingStep(const Config& config, Task& task, Model& model, const Runtime& runtime);

  // Makes update number `step`, counted from 1, with these batches; their rows form one global batch, in order. A batch
  // that does not fit into memory is split, and the update is made again with the same masks. Throws OutOfMemoryError
  // when not even one row fits.
  UpdateResult run(std::int64_t step, std::vector<Batch>& batches);

  Schedule& schedule() { return schedule_; }
  const Ema& ema() const { return ema_; }
  // As long as the result lives, the model has the averaged weights, if there are any.
  Ema::Swap averaged() { return Ema::Swap(ema_); }

  // Returns the files of a checkpoint: optimizer.safetensors; with a moving average also ema.safetensors, which holds
  // the whole model; and memory.safetensors when the task remembers something. Also writes the entry "update" of
  // state.json.
  std::map<std::string, std::map<std::string, at::Tensor>> save(Json& state) const;
  void load(const std::filesystem::path& checkpoint, const Json& state);
  // Rounds the working copies again, after parameters were changed from outside.
  void refresh();

 private:
  std::vector<LossTerm> gradients_of(std::int64_t step, std::vector<Batch>& batches);

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
