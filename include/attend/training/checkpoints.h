// The checkpoints of a run: how one is written, the mean of the newest, and which is the best after a stop.
#pragma once

#include "attend/checkpoint/model_directory.h"
#include "attend/storage/run_directory.h"
#include "attend/training/state.h"

namespace attend {

// A checkpoint is a model and what training needs to go on.
struct CheckpointContent {
  const Config& config;
  const Tokenizers& tokenizers;
  const NamedTensors& parameters;
  std::map<std::string, NamedTensors> others;  // by file name: optimizer.safetensors, ...
  Json state;
};
void write_checkpoint(const std::filesystem::path& target, const CheckpointContent& content);

// The mean of the newest `count` checkpoints on the save_every grid; `now`, where there are such, are parameters that are
// about to become the newest. Empty where there is nothing to average.
struct AverageInput {
  const RunDirectory& run;
  std::int64_t count = 0;
  const NamedTensors* now = nullptr;
};
NamedTensors average_of_newest(const AverageInput& input);

// Lets best.txt say what the state says, which may be older. A best checkpoint that is gone is forgotten, with a warning.
void restore_best(RunDirectory& run, BestValidation& best);

}  // namespace attend
