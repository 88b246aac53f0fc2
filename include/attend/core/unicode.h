// What Unicode says of characters. ICU stands behind it in src/core/unicode.cpp alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "attend/core/enum_table.h"

namespace attend {

// General categories P*, S* and N*. A number that is no code point is of none.
bool is_punctuation(char32_t code_point);
bool is_symbol(char32_t code_point);
bool is_number(char32_t code_point);

// The property White_Space.
bool is_space(char32_t code_point);
// Letters, digits and marks of scripts that put spaces between words; not those of Chinese, Japanese, Thai and their kin.
bool is_in_word(char32_t code_point);
// Of a script that puts no spaces between words: Chinese, Japanese, Thai, Lao, Khmer, Burmese.
bool runs_on(char32_t code_point);

// Languages whose abbreviations ("Mr.", "z. B.") are known to end no sentence.
enum class SentenceLanguage { any, de, en, es, fr, it, pt, ru };
inline constexpr EnumEntry<SentenceLanguage> kSentenceLanguages[] = {
    {SentenceLanguage::any, "any", "no abbreviations"}, {SentenceLanguage::de, "de", "German"},     {SentenceLanguage::en, "en", "English"},
    {SentenceLanguage::es, "es", "Spanish"},            {SentenceLanguage::fr, "fr", "French"},     {SentenceLanguage::it, "it", "Italian"},
    {SentenceLanguage::pt, "pt", "Portuguese"},         {SentenceLanguage::ru, "ru", "Russian"}};
constexpr std::span<const EnumEntry<SentenceLanguage>> enum_table(SentenceLanguage) { return kSentenceLanguages; }

// Where the sentences of valid UTF-8 end, in bytes, the last one included: Unicode's default rules (UAX 29). White space
// belongs to the sentence before it. Empty for an empty text.
std::vector<std::size_t> sentence_ends(std::string_view text, SentenceLanguage language = SentenceLanguage::any);

// Full lower case of valid UTF-8 in no language's particular way: one character may become several, and a
// sigma at the end of a word becomes the final one. The same as Python's str.lower().
std::string to_lower(std::string_view text);

}  // namespace attend
