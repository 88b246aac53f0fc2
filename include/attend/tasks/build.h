// From a config to its task.
#pragma once

#include "attend/data/corpora.h"
#include "attend/tasks/task.h"
#include "attend/tensor/runtime.h"

namespace attend {

// Reads, checks and encodes all data.
std::unique_ptr<Task> build_task(const Config& config, const Tokenizers& tokenizers, at::Device device, const DataCache& cache = {});

// Every set of data.validation, measured on a model of the config's task; training data is left alone.
std::vector<Metrics> validate_once(const Config& config, const Tokenizers& tokenizers, Model& model, at::Device device);

}  // namespace attend
