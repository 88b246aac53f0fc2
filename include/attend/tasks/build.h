// Makes the task of a config.
#pragma once

#include "attend/data/corpora.h"
#include "attend/tasks/task.h"
#include "attend/tensor/runtime.h"

namespace attend {

// Returns the task that the config names. It has read, checked and encoded all data.
std::unique_ptr<Task> build_task(const Config& config, const Tokenizers& tokenizers, at::Device device,
                                 const DataCache& cache = {});

// Measures a model of the config's task on every set of data.validation. Training data is not read.
std::vector<Metrics> validate_once(const Config& config, const Tokenizers& tokenizers, Model& model, at::Device device);

}  // namespace attend
