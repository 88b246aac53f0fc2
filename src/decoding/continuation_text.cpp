#include "attend/decoding/continuation_text.h"

#include <algorithm>
#include <utility>

#include "attend/core/text.h"

namespace attend {
namespace {

constexpr std::size_t kLookBack = 16;  // tokens of a prompt that the decoding of the next one may depend on
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// How many bytes a character with this first byte has; 0 where none begins with it.
std::size_t bytes_of_character(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first < 0xE0) return 2;
  if (first >= 0xE0 && first < 0xF0) return 3;
  return first >= 0xF0 && first < 0xF5 ? 4 : 0;
}

// True where a further token may change the end: bytes of a character that is not whole, or U+FFFD, which some
// tokenizers give for them.
bool ends_in_half_character(std::string_view text) {
  if (text.ends_with(kReplacement)) return true;
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xC0) != 0x80) return bytes_of_character(byte) > back;
  }
  return false;
}

std::string valid(std::string_view text) {
  return is_valid_utf8(text) ? std::string(text) : encode_utf8(decode_utf8(text));
}

}  // namespace

TokenText::TokenText(const Tokenizer& tokenizer, std::span<const std::int32_t> before)
    : tokenizer_(tokenizer),
      ids_(before.end() - static_cast<std::ptrdiff_t>(std::min(before.size(), kLookBack)), before.end()),
      known_(ids_.size()),
      known_bytes_(tokenizer.decode(ids_).size()) {}

std::string TokenText::add(std::int32_t token) {
  ids_.push_back(token);
  const std::string text = tokenizer_.decode(ids_);
  if (text.size() <= known_bytes_ || ends_in_half_character(text)) return "";
  return take(text);
}

std::string TokenText::finish() { return take(tokenizer_.decode(ids_)); }

// The tokens that were held back are the ones to look back at from now on.
std::string TokenText::take(std::string_view text) {
  const std::string added = text.size() > known_bytes_ ? valid(text.substr(known_bytes_)) : "";
  ids_.erase(ids_.begin(), ids_.begin() + static_cast<std::ptrdiff_t>(known_));
  known_ = ids_.size();
  known_bytes_ = tokenizer_.decode(ids_).size();
  return added;
}

std::string StopStrings::add(std::string_view text) {
  held_ += text;
  std::size_t at = std::string::npos;
  for (const std::string& stop : stops_) at = std::min(at, held_.find(stop));
  found_ = at != std::string::npos;
  if (!found_) at = possible_beginning();
  std::string sure = held_.substr(0, at);
  held_.erase(0, found_ ? held_.size() : at);
  return sure;
}

// Where the longest end of the text begins that a stop string begins with.
std::size_t StopStrings::possible_beginning() const {
  const std::string_view held = held_;
  std::size_t longest = 0;
  for (const std::string& stop : stops_)
    for (std::size_t length = std::min(held.size(), stop.size() - 1); length > longest; --length)
      if (held.ends_with(std::string_view(stop).substr(0, length))) longest = length;
  return held.size() - longest;
}

std::string StopStrings::finish() { return std::exchange(held_, ""); }

std::string ContinuationText::add(std::int32_t token) {
  if (stops_.found() || token == end_) return "";
  const std::string text = text_.add(token);
  return free_-- > 0 ? text : stops_.add(text);
}

std::string ContinuationText::finish() {
  if (stops_.found()) return "";
  std::string rest = stops_.add(text_.finish());
  return rest + stops_.finish();
}

}  // namespace attend
