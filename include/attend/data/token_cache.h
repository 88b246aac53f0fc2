// Turns the text of a language model into ids once (text_cache.h; the array is tokens.bin), and reads the ids of other
// programs.
//
//   document = start symbol, text, end symbol     as far as the tokenizer has them and they differ
//
// A corpus that is one document has neither symbol, so its ids are exactly those of its text.
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

// Reads from `folder` of the cache, or encodes in memory when there is no cache. Throws DataError or WriteError.
TokenStore read_text(const TextRequest& request, const DataCache& cache, const std::string& folder);

// Reads ids of another program. A nanoGPT file has only ids. An llm.c file begins with 256 int32: the first three are
// 20240520, 1 and the number of ids for uint16, or 20240801, 7 and the number of ids for uint32. A header of another
// type or version is refused. Every id is checked; with a cache this happens once. Warns when every second id is 0.
// Throws DataError.
TokenStore read_stream(const TokenStreamConfig& stream, const DataCache& cache, const std::string& folder);

}  // namespace attend
