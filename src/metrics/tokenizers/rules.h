// The rules behind bleu_tokenize(), a file a family. What they return may hold runs of white space; the
// caller takes them out.
#pragma once

#include <string>
#include <string_view>

#include "attend/core/text.h"

namespace attend {

std::string tokenize_13a(std::string_view line);         // western.cpp
std::string tokenize_western(std::string text);          // 13a's rules without its entities and margins
std::string tokenize_intl(std::string_view line);        // intl.cpp
std::string tokenize_zh(std::string_view line);          // characters.cpp
std::string tokenize_characters(std::string_view line);  // characters.cpp

inline std::u32string code_points_of(std::string_view line) {
  const std::vector<char32_t> code_points = decode_utf8(line);
  return {code_points.begin(), code_points.end()};
}
inline std::string utf8_of(const std::u32string& text) {
  std::string out;
  for (const char32_t c : text) append_utf8(out, c);
  return out;
}

// One pass from left to right, as a regular expression of two characters substitutes: a pair that fits gets a
// space within, `before` and `after` around it, and is consumed, both characters of it.
template <class Text, class Fits>
Text part_pairs(const Text& text, Fits fits, bool before, bool after) {
  Text out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i + 1 == text.size() || !fits(text[i], text[i + 1])) {
      out += text[i];
      continue;
    }
    if (before) out += ' ';
    out += text[i];
    out += ' ';
    out += text[++i];
    if (after) out += ' ';
  }
  return out;
}

template <class Text, class Fits>
Text put_spaces_around(const Text& text, Fits fits) {
  Text out;
  for (const auto c : text) {
    const bool fit = fits(c);
    if (fit) out += ' ';
    out += c;
    if (fit) out += ' ';
  }
  return out;
}

}  // namespace attend
