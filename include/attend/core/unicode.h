// What Unicode says of characters. ICU stands behind it in src/core/unicode.cpp alone.
#pragma once

#include <string>
#include <string_view>

namespace attend {

// General categories P*, S* and N*. A number that is no code point is of none.
bool is_punctuation(char32_t code_point);
bool is_symbol(char32_t code_point);
bool is_number(char32_t code_point);

// Full lower case of valid UTF-8 in no language's particular way: one character may become several, and a
// sigma at the end of a word becomes the final one. The same as Python's str.lower().
std::string to_lower(std::string_view text);

}  // namespace attend
