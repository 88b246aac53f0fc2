// Words that the target vocabulary cannot write: taken from the source, by what attention looked at, or from a dictionary.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "attend/decoding/words.h"

namespace attend {

// Source word to target words.
using Dictionary = std::unordered_map<std::string, std::string>;

// A word, a tab and what it becomes, on each line; blank lines say nothing. DataError with file and line for any other, and
// for a word that becomes two things.
Dictionary read_dictionary(const std::filesystem::path& path);

// A source line and its tokens.
struct SourceTokens {
  std::string_view line;
  std::span<const std::int32_t> ids;  // end symbol included
  std::span<const TextSpan> spans;    // of each id but the end symbol
  std::int32_t unk;                   // -1: there is none
  std::size_t begin = 0;              // what ends before this byte of the line is a tag, and no word of it
};

// The source word that one target token, with these weights of all source tokens, stands for: of the unknown tokens of the
// source, or else of all but the end symbol, the one that was looked at most, and with it the word around it. Of scripts
// without spaces, and of symbols, it is the token's own text.
std::string source_word_of(const SourceTokens& source, std::span<const float> weights);

// Puts words in the place of unknown tokens. texts, ids and attention: of each target token. What a word's own script would
// have as one word with the unknown token is replaced as a whole: "S<unk>sny" becomes the source's word.
void replace_unknown(std::vector<std::string>& texts, std::span<const std::int32_t> ids, std::int32_t unk, const AttentionRows& attention,
                     const SourceTokens& source, const Dictionary& dictionary);

}  // namespace attend
