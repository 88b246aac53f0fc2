// Small helpers on text: UTF-8, strict numbers, nearest words. No locale anywhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attend {

// Offset of the first byte that is not well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, <= U+10FFFF).
std::optional<std::size_t> invalid_utf8_at(std::string_view text);
inline bool is_valid_utf8(std::string_view text) { return !invalid_utf8_at(text); }
// Code points of valid UTF-8; an invalid byte becomes U+FFFD.
std::vector<char32_t> decode_utf8(std::string_view text);
// The text as valid UTF-8: each longest beginning of a character that breaks off, and each byte that begins none, becomes
// one U+FFFD (Unicode 3.9, "maximal subpart"; the WHATWG decoder does the same).
std::string repair_utf8(std::string_view text);
void append_utf8(std::string& out, char32_t code_point);
std::string encode_utf8(const std::vector<char32_t>& code_points);

// What a message may show of other people's text: what would move a cursor, colour or turn around what is beside it is written
// out (\x1b, \u202e), and so is a byte that is no UTF-8. visible_text keeps line ends and tabs, visible_line keeps tabs.
std::string visible_text(std::string_view text);
std::string visible_line(std::string_view text);

std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string_view trim(std::string_view text);  // ASCII white space

// The whole text must be the number (from_chars with full consumption; no sign tricks, no spaces).
std::optional<std::int64_t> parse_int(std::string_view text);
std::optional<double> parse_double(std::string_view text);  // finite only
// Shortest text that reads back as the same double: "0.1", "1e-09".
std::string format_double(double value);
// "%.*f" without a locale.
std::string format_fixed(double value, int decimals);
// 1234567 -> "1,234,567".
std::string format_count(std::int64_t value);

// Damerau-Levenshtein distance (adjacent swaps count one).
int edit_distance(std::string_view a, std::string_view b);
// The candidate within distance max(2, length / 3), else nullopt; ties go to the first.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);
// `, did you mean "x"?` or "".
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace attend
