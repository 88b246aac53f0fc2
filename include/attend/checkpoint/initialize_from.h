// Fine-tuning: a new model that starts with the weights of another (training.initialize_from).
//
// Both must be built alike: every key of `model` that a resumed run could not change must be the same, but that a learned table of
// positions may be longer: then its first rows are copied, and the others start as in any new model.
// Vocabularies may differ: then the rows of pieces that both have are copied. Those of other pieces start as in any new model, or,
// where symbols are added to the vocabulary of the model (data.tokenizer.add_symbols), as the mean of the old rows, padding aside:
// so a new symbol is about as likely as pieces are on average, and takes nothing from the others (Hewitt 2021).
#pragma once

#include "attend/checkpoint/model_directory.h"
#include "attend/config/load.h"

namespace attend {

// True unless a key of data.tokenizer is written down and differs from what the other model was built with.
bool takes_tokenizers_of(const Config& initial, const LoadedConfig& wanted);

// The config with the other model's data.tokenizer (but its own sampling and added symbols), and what is derived from it.
// ConfigError: symbols are added to each side of a model that has one vocabulary.
Config with_tokenizers_of(const Config& initial, const LoadedConfig& wanted);

// The tokenizers with data.tokenizer.add_symbols behind their pieces; the log says which. ConfigError as with_symbols.
Tokenizers with_added_symbols(const Tokenizers& tokenizers, const TokenizersConfig& config);

// Copies the weights. ConfigError: the models are not built alike (each key with both values). The log says how many rows
// of each vocabulary were found.
void initialize_from(Model& model, const Config& config, const Tokenizers& tokenizers, const LoadedModel& initial);

}  // namespace attend
