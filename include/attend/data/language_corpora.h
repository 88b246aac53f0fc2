// The texts that the config of a language model names.
#pragma once

#include "attend/config/config.h"
#include "attend/data/token_cache.h"

namespace attend {

// What a corpus of several documents keeps for validation are documents, chosen by their hashes; of one document, or of
// ids, it is the end: the last n - floor((1 - fraction) n) of n tokens.
struct TrainingTexts {
  std::vector<TokenStore> texts;
  std::vector<double> weights;  // one a text
};
TrainingTexts training_texts(const DataConfig& data, const Tokenizers& tokenizers, const DataCache& cache);

struct ValidationTexts {
  std::string name;
  std::vector<TokenStore> texts;
};
std::vector<ValidationTexts> validation_texts(const DataConfig& data, const Tokenizers& tokenizers, const DataCache& cache);

std::vector<DocumentCorpus> training_documents(const DataConfig& data);

// False where training reads ids and data.tokenizer names no file: such a model knows no text.
bool has_tokenizer(const Config& config);

}  // namespace attend
