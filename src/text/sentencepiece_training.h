// The two halves of training with SentencePiece: what it is asked for and told, and the call, which is made in a child
// process, because the library ends its process where it does not like something.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "attend/text/corpus.h"

namespace attend {

using SentencePieceOptions = std::unordered_map<std::string, std::string>;

struct SentencePieceAnswer {
  bool is_trained = false;
  std::string text;  // the model, or the status
};
// The call. It may end the process.
SentencePieceAnswer call_sentencepiece(const SentencePieceOptions& options, const LineSource& lines);

}  // namespace attend
