// Finds words for what the target vocabulary cannot write. They are taken from the source, by what attention looked at,
// or from a dictionary.
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

// Maps a source word to target words.
using Dictionary = std::unordered_map<std::string, std::string>;

// Reads a file with a word, a tab and what it becomes on each line; blank lines say nothing. DataError with file and
// line for any other line, and for a word that becomes two things.
Dictionary read_dictionary(const std::filesystem::path& path);

// A source line and its tokens.
struct SourceTokens {
  std::string_view line;
  std::span<const std::int32_t> ids;  // with the end symbol
  std::span<const TextSpan> spans;    // the part of the line for each id but the end symbol
  std::int32_t unk;                   // id of the unknown token; -1: there is none
  // Tokens that end before this byte of the line are a tag, and no words of it.
  std::size_t begin = 0;
};

// Returns the source word for one target token, whose weights of all source tokens are given. Of the unknown source
// tokens, or else of all but the end symbol, it takes the one with the largest weight, and with it the word around it.
// In scripts without spaces, and for symbols, it takes the token's own text.
std::string source_word_of(const SourceTokens& source, std::span<const float> weights);

// Puts words in the place of unknown tokens. texts, ids and attention have an entry for each target token. What would
// be one word with the unknown token in the word's own script is replaced as a whole: "S<unk>sny" becomes the source's
// word.
void replace_unknown(std::vector<std::string>& texts, std::span<const std::int32_t> ids, std::int32_t unk,
                     const AttentionRows& attention, const SourceTokens& source, const Dictionary& dictionary);

}  // namespace attend
