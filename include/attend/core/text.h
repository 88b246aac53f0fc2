// Small helpers for text: UTF-8, strict numbers, nearest words. None of them depends on the locale.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attend {

// Returns the offset of the first byte that is not well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms,
// nothing above U+10FFFF), or nullopt.
std::optional<std::size_t> invalid_utf8_at(std::string_view text);
inline bool is_valid_utf8(std::string_view text) { return !invalid_utf8_at(text); }
// Returns the code points of a text; each invalid byte becomes U+FFFD.
std::vector<char32_t> decode_utf8(std::string_view text);
// Returns the text as valid UTF-8. The longest valid beginning of a broken character becomes one U+FFFD, and so does
// each byte that cannot begin a character (Unicode 3.9, "maximal subpart"; the WHATWG decoder does the same).
std::string repair_utf8(std::string_view text);
void append_utf8(std::string& out, char32_t code_point);
std::string encode_utf8(const std::vector<char32_t>& code_points);

// Makes other people's text safe to show in a message. Characters that move the cursor, change colours or reverse the
// writing direction are written out (\x1b, \u202e), and so are bytes that are not UTF-8. visible_text keeps line ends
// and tabs; visible_line keeps tabs only.
std::string visible_text(std::string_view text);
std::string visible_line(std::string_view text);

std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string_view trim(std::string_view text);  // removes ASCII white space at both ends

// Parse a number that must fill the whole text (std::from_chars to the end): no spaces, no plus sign. Return nullopt
// otherwise.
std::optional<std::int64_t> parse_int(std::string_view text);
std::optional<double> parse_double(std::string_view text);  // finite numbers only
// Returns the shortest text that reads back as the same double: "0.1", "1e-09".
std::string format_double(double value);
// Formats as "%.*f" without a locale.
std::string format_fixed(double value, int decimals);
// Puts commas between thousands: 1234567 becomes "1,234,567".
std::string format_count(std::int64_t value);

// Returns the Damerau-Levenshtein distance; swapping two neighbours counts as one edit.
int edit_distance(std::string_view a, std::string_view b);
// Returns the nearest candidate if its distance is at most max(2, length / 3), else nullopt. The first of several
// equally near ones wins.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);
// Returns `, did you mean "x"?`, or "" when no candidate is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace attend
