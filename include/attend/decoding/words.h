// Words, which white space separates, and the tokens that they are made of. Attention to tokens becomes attention to
// words.
// Legend: T target tokens, S source tokens.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attend/text/tokenizer.h"

namespace attend {

struct TokenWords {
  std::vector<std::int64_t> of;  // number of the word of each token, from 0; -1: it belongs to no word
  std::int64_t count = 0;
};

// Returns the words of a line whose tokens begin at `starts` (bytes). A token of white space alone belongs to the word
// behind it.
TokenWords words_at(std::string_view line, std::span<const std::size_t> starts);
// Returns the words of tokens whose texts, one after the other, are a line. A token that adds no text yet belongs with
// the next one.
TokenWords words_of(std::span<const std::string> texts);

// Returns the text that each token adds to the text of those before it. Together they are the text of all.
std::vector<std::string> texts_of(const Tokenizer& tokenizer, std::span<const std::int32_t> ids);

// Turns T x S into (target words + 1) x (source words + 1). A word's row is the mean of its tokens' rows, its column
// the sum of its tokens' columns, so that rows still add up to 1. What belongs to no word, such as the end symbols, is
// the last column and the last row; this row is left out where nothing of the kind is there. A word without a token of
// its own has the row before it.
using AttentionRows = std::vector<std::vector<float>>;
AttentionRows word_attention(const AttentionRows& attention, const TokenWords& target, const TokenWords& source);

}  // namespace attend
