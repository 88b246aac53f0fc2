// The corpora and tokenizers that a config names.
#pragma once

#include "attend/config/config.h"
#include "attend/data/language_corpora.h"
#include "attend/data/order.h"
#include "attend/data/pair_cache.h"

namespace attend {

// Throws DataError when a file of training or validation is missing, empty or not text. It is called before a tokenizer
// is trained on the other files.
void require_texts(const DataConfig& data);

std::vector<Corpus> training_corpora(const DataConfig& data);
// Returns the share of the training text that validation holds out; 0 when it has files of its own.
double held_out_share(const DataConfig& data);

// A validation set: files of its own, or what is held out of the training corpora.
struct ValidationCorpora {
  std::string name;
  std::vector<Corpus> corpora;
};
std::vector<ValidationCorpora> validation_corpora(const DataConfig& data);

// Returns the tokenizers of a config: loaded from the files it names, else trained on its training text, prefixes
// included. Both sides of a language model share one; a model that reads only ids has none (has_tokenizer).
Tokenizers make_tokenizers(const Config& config);
// Logs how often each of several corpora is read per epoch. Warns when equal weights make some be read much more often
// than others.
void tell_shares(const DataConfig& data, const std::vector<CorpusShare>& shares);
// Warns of prefixes that are more than one piece: a language tag should be a symbol of its own.
void check_prefixes(const DataConfig& data, const Tokenizers& tokenizers);

}  // namespace attend
