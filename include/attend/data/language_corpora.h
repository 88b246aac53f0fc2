// The texts that the config of a language model names.
#pragma once

#include <map>

#include "attend/config/config.h"
#include "attend/data/token_cache.h"

namespace attend {

struct ValidationTexts {
  std::string name;
  std::vector<TokenStore> texts;
};

// Reads the texts; a file that training and validation share is read once. When a fraction is held out for validation,
// a corpus of several documents gives documents, chosen by their hashes. A corpus that is one document, or ids, gives
// its end: the last n - floor((1 - fraction) n) of n tokens.
class LanguageCorpora {
 public:
  // All three arguments must outlive this object.
  LanguageCorpora(const DataConfig& data, const Tokenizers& tokenizers, const DataCache& cache)
      : data_(data), tokenizers_(tokenizers), cache_(cache) {}
  std::vector<TokenStore> training();  // one per corpus
  std::vector<ValidationTexts> validation();

 private:
  std::int64_t vocabulary(const std::string& file) const;  // size of the training vocabulary; messages name `file`
  TokenStore stream(TokenStreamConfig tokens, const std::string& folder) const;
  TokenStore text(const DocumentCorpus& corpus, const std::string& folder) const;
  TokenStore side(std::size_t number, const ValidationConfig* set);
  const TokenStore& whole(std::size_t number);

  const DataConfig& data_;
  const Tokenizers& tokenizers_;
  const DataCache& cache_;
  std::map<std::size_t, TokenStore> wholes_;  // corpora that are cut in two at a position
};

std::vector<DocumentCorpus> training_documents(const DataConfig& data);

// Returns the id that ends a document: data.train.tokens.eos, else the tokenizer's end symbol (null means no
// tokenizer). -1 means that no id ends a document.
std::int64_t document_end(const Config& config, const Tokenizer* tokenizer);

// False when training reads ids and data.tokenizer names no file; such a model cannot read text.
bool has_tokenizer(const Config& config);

}  // namespace attend
