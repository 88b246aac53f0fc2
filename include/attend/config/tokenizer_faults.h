// What is wrong with the wishes for a tokenizer, whoever has them: a YAML, the command line or a caller of the library.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "attend/config/data_config.h"

namespace attend {

struct TokenizerFault {
  std::string key;      // of data.tokenizer: "user_symbols"
  std::string message;  // "expected different symbols, none of them empty"
  std::string other;    // the key that it does not go with, or ""
};

// Without those of files that were not read yet.
std::vector<TokenizerFault> faults_of(const TokenizerConfig& config);

// The pieces that every tokenizer which is trained here has: ids 0 to 3.
inline constexpr std::string_view kSpecialPieces[] = {"<pad>", "<unk>", "<s>", "</s>"};

}  // namespace attend
