// Checks prompts and stop strings for tokenizers that do not keep every text as it is.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "attend/text/tokenizer.h"

namespace attend {

// Returns true where the tokenizer drops the white space that a prompt ends with, so that the model does not see it.
bool drops_end(const Tokenizer& tokenizer, std::string_view prompt);

// Returns false where no text that the tokenizer can write holds this one.
bool can_write(const Tokenizer& tokenizer, std::string_view text);

// Warns of stop strings that can never come.
void warn_of_stops(const Tokenizer& tokenizer, std::span<const std::string> stops);

}  // namespace attend
