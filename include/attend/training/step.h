// One update: gradients of one or several batches as sums, one division, one clipping, one pass of the optimizer.
#pragma once

#include <memory>
#include <vector>

#include "attend/optim/optimizer.h"
#include "attend/optim/schedule.h"
#include "attend/tasks/task.h"
#include "attend/tensor/runtime.h"
#include "attend/training/meters.h"

namespace attend {

// The trained weights in flat segments, with working copies of `compute` attached to the model.
std::vector<Segment> make_training_segments(EncoderDecoder& model, const OptimizerConfig& config, at::ScalarType compute);

class TrainingStep {
 public:
  TrainingStep(const Config& config, Task& task, EncoderDecoder& model, const Runtime& runtime);

  // Update number `step`, from 1, on these batches (their rows form one global batch, in order).
  void run(std::int64_t step, std::vector<Batch>& batches, Meters& meters);

  const Schedule& schedule() const { return schedule_; }
  void save(StateDict& optimizer) const { optimizer_->save(optimizer); }
  void load(const StateDict& optimizer) { optimizer_->load(optimizer); }
  // Rounds the working copies again after parameters were written from outside.
  void refresh() { refresh_working(segments_); }

 private:
  Task& task_;
  EncoderDecoder& model_;
  at::Device device_;
  std::uint64_t seed_;
  double clip_norm_;
  Schedule schedule_;
  std::vector<Segment> segments_;
  std::unique_ptr<Optimizer> optimizer_;
};

}  // namespace attend
