// Tokenizers that make words of characters.
#include <algorithm>

#include "attend/metrics/segments.h"
#include "rules.h"

namespace attend {
namespace {

struct Range {
  char32_t first, last;
};
// What sacreBLEU takes for Chinese. Its ranges 20000-2A6D6 and 2F800-2FA1D are written with four digits and
// one character more ('\u2000' and '0'), so that they mean 2001-2A6D and 2F81-2FA1: dashes, quotation marks
// and arrows are words of their own, the rarer ideographs are not.
constexpr Range kChinese[] = {{0x3400, 0x4DB5}, {0x4E00, 0x9FA5}, {0x9FA6, 0x9FBB}, {0xF900, 0xFA2D},
                              {0xFA30, 0xFA6A}, {0xFA70, 0xFAD9}, {0x2001, 0x2A6D}, {0x2F81, 0x2FA1},
                              {0xFF00, 0xFFEF}, {0x2E80, 0x2EFF}, {0x3000, 0x303F}, {0x31C0, 0x31EF},
                              {0x2F00, 0x2FDF}, {0x2FF0, 0x2FFF}, {0x3100, 0x312F}, {0x31A0, 0x31BF},
                              {0xFE10, 0xFE1F}, {0xFE30, 0xFE4F}, {0x2600, 0x26FF}, {0x2700, 0x27BF},
                              {0x3200, 0x32FF}, {0x3300, 0x33FF}};

bool is_chinese(char32_t c) {
  return std::ranges::any_of(kChinese,
                             [c](const Range& range) { return range.first <= c && c <= range.last; });
}

}  // namespace

std::string tokenize_zh(std::string_view line) {
  while (!line.empty() && white_space_at(line, 0) > 0) line.remove_prefix(white_space_at(line, 0));
  return tokenize_western(utf8_of(put_spaces_around(code_points_of(line), is_chinese)));
}

std::string tokenize_characters(std::string_view line) {
  return utf8_of(put_spaces_around(code_points_of(line), [](char32_t) { return true; }));
}

}  // namespace attend
