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

// Reads them, each file once where training and validation share it.
// What a corpus of several documents keeps for validation are documents, chosen by their hashes; of one document, or of
// ids, it is the end: the last n - floor((1 - fraction) n) of n tokens.
class LanguageCorpora {
 public:
  // All three outlive it.
  LanguageCorpora(const DataConfig& data, const Tokenizers& tokenizers, const DataCache& cache)
      : data_(data), tokenizers_(tokenizers), cache_(cache) {}
  std::vector<TokenStore> training();  // one a corpus
  std::vector<ValidationTexts> validation();

 private:
  std::int64_t vocabulary(const std::string& file) const;  // of training; `file` is who asks
  TokenStore stream(TokenStreamConfig tokens, const std::string& folder) const;
  TokenStore text(const DocumentCorpus& corpus, const std::string& folder) const;
  TokenStore side(std::size_t number, const ValidationConfig* set);
  const TokenStore& whole(std::size_t number);

  const DataConfig& data_;
  const Tokenizers& tokenizers_;
  const DataCache& cache_;
  std::map<std::size_t, TokenStore> wholes_;  // of corpora that are cut in two by places
};

std::vector<DocumentCorpus> training_documents(const DataConfig& data);

// The id that ends a document: data.train.tokens.eos, else the tokenizer's end symbol (null: there is none); -1: nothing does.
std::int64_t document_end(const Config& config, const Tokenizer* tokenizer);

// False where training reads ids and data.tokenizer names no file: such a model knows no text.
bool has_tokenizer(const Config& config);

}  // namespace attend
