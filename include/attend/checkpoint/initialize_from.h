// Fine-tuning: a new model that starts with the weights of another (training.initialize_from).
//
// Both must be built alike: every key of `model` that a resumed run could not change must be the same. Vocabularies may
// differ: then the rows of pieces that both have are copied, and those of new pieces start as in any new model.
#pragma once

#include "attend/checkpoint/model_directory.h"
#include "attend/config/load.h"

namespace attend {

// True unless a key of data.tokenizer is written down and differs from what the other model was built with.
bool takes_tokenizers_of(const Config& initial, const LoadedConfig& wanted);

// The config with the other model's data.tokenizer (but its own sampling), and what is derived from it.
Config with_tokenizers_of(const Config& initial, const LoadedConfig& wanted);

// Copies the weights. ConfigError: the models are not built alike (each key with both values). The log says how many rows
// of each vocabulary were found.
void initialize_from(Model& model, const Config& config, const Tokenizers& tokenizers, const LoadedModel& initial);

}  // namespace attend
