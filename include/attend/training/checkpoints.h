// The checkpoints of a run: writes one, averages the newest, and finds the best again after a stop.
#pragma once

#include "attend/checkpoint/model_directory.h"
#include "attend/storage/run_directory.h"
#include "attend/training/state.h"

namespace attend {

// A checkpoint is a model and everything that training needs to go on.
struct CheckpointContent {
  const Config& config;
  const Tokenizers& tokenizers;
  const NamedTensors& parameters;
  std::map<std::string, NamedTensors> others;  // by file name: optimizer.safetensors, ...
  Json state;
};
void write_checkpoint(const std::filesystem::path& target, const CheckpointContent& content);

// Averages the newest `count` checkpoints on the save_every grid. `now`, if not null, has parameters that are about to
// become the newest checkpoint. The result is empty when there is nothing to average.
struct AverageInput {
  const RunDirectory& run;
  std::int64_t count = 0;
  const NamedTensors* now = nullptr;
};
NamedTensors average_of_newest(const AverageInput& input);

// Makes best.txt name the best checkpoint of the state, which may be an older one. If that checkpoint is gone, it is
// forgotten with a warning.
void restore_best(RunDirectory& run, BestValidation& best);

}  // namespace attend
