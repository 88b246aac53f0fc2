// From the text of a language model to ids, once (text_cache.h; the array is tokens.bin), and the ids of other programs
// as they are.
//
//   document = start symbol, text, end symbol     as far as the tokenizer has them and they differ
//
// A corpus that is one document has neither, so its ids are those of its text.
#pragma once

#include "attend/data/parallel_dataset.h"
#include "attend/data/text_cache.h"
#include "attend/data/token_store.h"
#include "attend/text/documents.h"

namespace attend {

struct TextRequest {
  DocumentCorpus corpus;
  std::shared_ptr<const Tokenizer> tokenizer;
};

// From the directory `folder` of the cache, or encoded in memory where there is none. DataError, WriteError.
TokenStore read_text(const TextRequest& request, const DataCache& cache, const std::string& folder);

// nanoGPT: ids and nothing else. llm.c: 256 int32 before them, of which the first three are 20240520, 1 and their number where
// type is uint16, and 20240801, 7 and their number where it is uint32; the header of another type or version is refused. Every
// id is checked, once with a cache; a warning where each second one is 0. DataError.
TokenStore read_stream(const TokenStreamConfig& stream, const DataCache& cache, const std::string& folder);

}  // namespace attend
