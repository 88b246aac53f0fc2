// What a run writes beside its checkpoints: metrics.jsonl, the progress line, and the weights of final/.
#pragma once

#include "attend/training/trainer.h"

namespace attend {

// Opens metrics.jsonl for appending after cutting what a resumed run will write again (lines of later steps, a torn
// last line, and what was measured because the run had come to its end).
fs::path prepare_metrics(const fs::path& path, const TrainingConfig& config, std::int64_t step);

struct ProgressInput {
  const TrainingState& state;
  const TrainingConfig& config;
  const Meters::Report& report;
  std::int64_t epoch_batches;
  double lr, tokens_per_second, seconds;
};
// "update 1,200/2,800  epoch 5  loss 3.412  ppl 11.20  lr 3.0e-03  |g| 0.82  31,204 tok/s  left 4:12"
std::string progress_line(const ProgressInput& input);

// The mean of the newest average_checkpoints on the save_every grid, or the best checkpoint's weights.
NamedTensors final_parameters(const RunDirectory& run, const TrainingConfig& config, std::int64_t best_step);

}  // namespace attend
