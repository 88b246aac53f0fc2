// Fine-tuning: a new model starts with the weights of another one (training.initialize_from).
//
// Both models must be built alike: every key of `model` that a resumed run could not change must be equal. There is one
// exception: a learned table of positions may be longer. Then its first rows are copied, and the others start as in any
// new model.
//
// The vocabularies may differ. The rows of pieces that both have are copied, and the rows of other pieces start as in
// any new model. But when symbols are added to the model's vocabulary (data.tokenizer.add_symbols), their rows start as
// the mean of the old rows without padding. So a new symbol is about as likely as an average piece, and takes nothing
// from the others (Hewitt 2021).
#pragma once

#include "attend/checkpoint/model_directory.h"
#include "attend/config/load.h"

namespace attend {

// True unless a key of data.tokenizer is written in the config and differs from the other model's.
bool takes_tokenizers_of(const Config& initial, const LoadedConfig& wanted);

// Returns the config with the other model's data.tokenizer, except its own sampling and added symbols, and with the
// keys derived from it. Throws ConfigError when symbols are added separately to each side of a model with one
// vocabulary.
Config with_tokenizers_of(const Config& initial, const LoadedConfig& wanted);

// Returns the tokenizers with data.tokenizer.add_symbols behind their pieces, and logs the symbols. Throws ConfigError
// as with_symbols does.
Tokenizers with_added_symbols(const Tokenizers& tokenizers, const TokenizersConfig& config);

// Copies the weights, and logs how many rows of each vocabulary were found. Throws ConfigError when the models are not
// built alike; it lists each differing key with both values.
void initialize_from(Model& model, const Config& config, const Tokenizers& tokenizers, const LoadedModel& initial);

}  // namespace attend
