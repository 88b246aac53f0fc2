// mteval-v13a's rules in its order. Bytes do as well as code points: every rule is about ASCII.
#include "rules.h"

namespace attend {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_point(char c) { return c == '.' || c == ','; }
// ASCII symbols but the apostrophe, comma, hyphen and full stop; the space is one of them.
bool is_ascii_symbol(char c) {
  return (c >= '{' && c <= '~') || (c >= '[' && c <= '`') || (c >= ' ' && c <= '&') ||
         (c >= '(' && c <= '+') || (c >= ':' && c <= '@') || c == '/';
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

}  // namespace

std::string tokenize_western(std::string text) {
  const auto point_behind_other = [](char a, char b) { return !is_digit(a) && is_point(b); };
  const auto point_before_other = [](char a, char b) { return is_point(a) && !is_digit(b); };
  const auto hyphen_behind_digit = [](char a, char b) { return is_digit(a) && b == '-'; };
  text = put_spaces_around(text, is_ascii_symbol);
  text = part_pairs(text, point_behind_other, false, true);
  text = part_pairs(text, point_before_other, true, false);
  return part_pairs(text, hyphen_behind_digit, false, true);
}

std::string tokenize_13a(std::string_view line) {
  std::string text = " " + std::string(line) + " ";
  replace_all(text, "<skipped>", "");
  replace_all(text, "-\n", "");
  replace_all(text, "\n", " ");
  replace_all(text, "&quot;", "\"");
  replace_all(text, "&amp;", "&");
  replace_all(text, "&lt;", "<");
  replace_all(text, "&gt;", ">");
  return tokenize_western(std::move(text));
}

}  // namespace attend
