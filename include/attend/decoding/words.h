// Words, which white space separates, and the tokens that they are made of; what attention to tokens says of words.
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
  std::vector<std::int64_t> of;  // of each token the number of its word, from 0; -1: of none
  std::int64_t count = 0;
};

// Of the tokens of a line, which begin at `starts` (bytes). A token of white space alone belongs to the word behind it.
TokenWords words_at(std::string_view line, std::span<const std::size_t> starts);
// Of tokens whose texts, one after the other, are a line. One that adds no text yet belongs with the next one.
TokenWords words_of(std::span<const std::string> texts);

// The text that each token adds to that of those before it; together they are the text of all.
std::vector<std::string> texts_of(const Tokenizer& tokenizer, std::span<const std::int32_t> ids);

// (target words + 1) x (source words + 1) from T x S: a word's row is the mean of its tokens' rows, its column the sum of its
// tokens' columns, so that rows still add up to 1. What belongs to no word, such as the end symbols, is the last row, which is
// left out where there is nothing of the kind, and the last column. A word without a token of its own has the row before it.
using AttentionRows = std::vector<std::vector<float>>;
AttentionRows word_attention(const AttentionRows& attention, const TokenWords& target, const TokenWords& source);

}  // namespace attend
