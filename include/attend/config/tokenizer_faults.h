// Checks the options of a tokenizer, whether they come from a YAML, the command line or a caller of the library.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "attend/config/data_config.h"

namespace attend {

struct TokenizerFault {
  std::string key;      // name within data.tokenizer: "user_symbols"
  std::string message;  // "expected different symbols, none of them empty"
  std::string other;    // the key that it contradicts, or ""
};

// Returns all faults that show without reading any file.
std::vector<TokenizerFault> faults_of(const TokenizerConfig& config);

// Every tokenizer that is trained here has these pieces as its ids 0 to 3.
inline constexpr std::string_view kSpecialPieces[] = {"<pad>", "<unk>", "<s>", "</s>"};

}  // namespace attend
