// The corpora and tokenizers that a config names.
#pragma once

#include "attend/config/config.h"
#include "attend/data/language_corpora.h"
#include "attend/data/order.h"
#include "attend/data/pair_cache.h"

namespace attend {

// DataError where a file of training or validation is missing, empty or no text: before a tokenizer is trained on others.
void require_texts(const DataConfig& data);

std::vector<Corpus> training_corpora(const DataConfig& data);
// The part of training that validation holds out, 0 where it has files of its own.
double held_out_share(const DataConfig& data);

// A set to validate on: files of its own, or what training holds out of its corpora.
struct ValidationCorpora {
  std::string name;
  std::vector<Corpus> corpora;
};
std::vector<ValidationCorpora> validation_corpora(const DataConfig& data);

// The tokenizers of a config: loaded from files it names, else trained on its training text, prefixes included. Of a
// language model both sides are one; where it reads ids alone (has_tokenizer), there is none.
Tokenizers make_tokenizers(const Config& config);
// Says how often each of several corpora is read an epoch, and warns where equal weights read some much more often than others.
void tell_shares(const DataConfig& data, const std::vector<CorpusShare>& shares);
// Warns of prefixes that are more than one piece: a language tag wants to be a symbol of its own.
void check_prefixes(const DataConfig& data, const Tokenizers& tokenizers);

}  // namespace attend
