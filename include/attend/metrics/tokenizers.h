// How BLEU splits a line into words: the tokenizers of sacreBLEU 2.6, including their oddities.
#pragma once

#include <string>
#include <string_view>

#include "attend/core/enum_table.h"

namespace attend {

enum class BleuTokenizer { mteval_13a, none, intl, character, zh };
inline constexpr EnumEntry<BleuTokenizer> kBleuTokenizers[] = {
    {BleuTokenizer::mteval_13a, "13a", "the rules of mteval-v13a, WMT's standard"},
    {BleuTokenizer::none, "none", "white space alone, for text that is tokenised already"},
    {BleuTokenizer::intl, "intl", "the rules of mteval-v14: punctuation and symbols of all scripts"},
    {BleuTokenizer::character, "char", "every character is a word"},
    {BleuTokenizer::zh, "zh", "every Chinese character is a word, 13a's rules for the rest"}};
constexpr std::span<const EnumEntry<BleuTokenizer>> enum_table(BleuTokenizer) { return kBleuTokenizers; }

// Returns the words of a line of valid UTF-8 with single spaces between them.
std::string bleu_tokenize(std::string_view line, BleuTokenizer tokenizer);

}  // namespace attend
