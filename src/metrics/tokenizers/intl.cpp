// mteval-v14's international rules: punctuation stands alone unless digits are on both of its sides; symbols
// always do. "Digits" are all of Unicode's numbers.
#include "attend/core/unicode.h"
#include "rules.h"

namespace attend {

std::string tokenize_intl(std::string_view line) {
  const auto punctuation_behind_other = [](char32_t a, char32_t b) {
    return !is_number(a) && is_punctuation(b);
  };
  const auto punctuation_before_other = [](char32_t a, char32_t b) {
    return is_punctuation(a) && !is_number(b);
  };
  std::u32string text = code_points_of(line);
  text = part_pairs(text, punctuation_behind_other, false, true);
  text = part_pairs(text, punctuation_before_other, true, false);
  return utf8_of(put_spaces_around(text, is_symbol));
}

}  // namespace attend
