// Unicode properties of characters. ICU is hidden in src/core/unicode.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "attend/core/enum_table.h"

namespace attend {

// Test the general categories P*, S* and N*. All are false for a number that is no code point.
bool is_punctuation(char32_t code_point);
bool is_symbol(char32_t code_point);
bool is_number(char32_t code_point);

// Tests the property White_Space.
bool is_space(char32_t code_point);
// True for letters, digits and marks of scripts that put spaces between words; false for Chinese, Japanese, Thai and
// similar scripts.
bool is_in_word(char32_t code_point);
// True for scripts that put no spaces between words: Chinese, Japanese, Thai, Lao, Khmer, Burmese.
bool runs_on(char32_t code_point);

// Languages whose abbreviations ("Mr.", "z. B.") are known and do not end a sentence.
enum class SentenceLanguage { any, de, en, es, fr, it, pt, ru };
inline constexpr EnumEntry<SentenceLanguage> kSentenceLanguages[] = {{SentenceLanguage::any, "any", "no abbreviations"},
                                                                     {SentenceLanguage::de, "de", "German"},
                                                                     {SentenceLanguage::en, "en", "English"},
                                                                     {SentenceLanguage::es, "es", "Spanish"},
                                                                     {SentenceLanguage::fr, "fr", "French"},
                                                                     {SentenceLanguage::it, "it", "Italian"},
                                                                     {SentenceLanguage::pt, "pt", "Portuguese"},
                                                                     {SentenceLanguage::ru, "ru", "Russian"}};
constexpr std::span<const EnumEntry<SentenceLanguage>> enum_table(SentenceLanguage) { return kSentenceLanguages; }

// Returns where the sentences of valid UTF-8 end, as byte offsets, by Unicode's default rules (UAX 29). The last offset
// is the end of the text. White space belongs to the sentence before it. An empty text gives an empty list.
std::vector<std::size_t> sentence_ends(std::string_view text, SentenceLanguage language = SentenceLanguage::any);

// Returns valid UTF-8 in full lower case, without rules of a particular language. One character may become several, and
// a sigma at the end of a word becomes a final sigma. The result equals Python's str.lower().
std::string to_lower(std::string_view text);

}  // namespace attend
