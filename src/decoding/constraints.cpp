#include "attend/decoding/constraints.h"

#include <algorithm>
#include <utility>

#include "attend/core/text.h"
#include "attend/core/unicode.h"

namespace attend {
namespace {

constexpr std::size_t kLongestCharacter = 4;  // bytes

bool is_inside_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

char32_t first_character(std::string_view text) { return decode_utf8(text.substr(0, kLongestCharacter)).front(); }

char32_t last_character(std::string_view text) {
  std::size_t at = text.size() - 1;
  while (at > 0 && text.size() - at < kLongestCharacter && is_inside_character(text[at])) --at;
  return decode_utf8(text.substr(at)).front();
}

// Bytes of the text without those of a last character that is not complete.
std::size_t whole_size(std::string_view text) {
  for (std::size_t back = 1; back < kLongestCharacter && back <= text.size(); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if (is_inside_character(static_cast<char>(byte))) continue;
    const std::size_t wanted = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    return wanted > back ? text.size() - back : text.size();
  }
  return text.size();
}

// A word may go on, as far as can be known before a character is complete.
bool may_join(std::string_view left, std::string_view right) {
  return whole_size(left) < left.size() || (!right.empty() && whole_size(right) == 0) || joins(left, right);
}

// The ends, at `from` or later, of the places where the text holds the phrase.
template <class Take>
void each_place(std::string_view text, std::string_view phrase, std::size_t from, Take&& take) {
  for (auto at = text.find(phrase, from - std::min(from, phrase.size())); at != std::string_view::npos;
       at = text.find(phrase, at + 1)) {
    const std::size_t end = at + phrase.size();
    if (!joins(text.substr(0, at), phrase) && !joins(phrase, text.substr(end))) take(end);
  }
}

}  // namespace

bool joins(std::string_view left, std::string_view right) {
  return !left.empty() && !right.empty() && is_in_word(last_character(left)) && is_in_word(first_character(right));
}

std::int64_t occurrences(std::string_view text, std::string_view phrase) {
  std::int64_t count = 0;
  each_place(text, phrase, 0, [&](std::size_t) { ++count; });
  return count;
}

std::int64_t Phrase::tokens() const {
  std::size_t most = 0;
  for (const Spelling& spelling : spellings) most = std::max(most, spelling.ids.size());
  return static_cast<std::int64_t>(most);
}

Constraints::Constraints(std::vector<Phrase> phrases, std::shared_ptr<const std::vector<std::string>> token_texts)
    : phrases_(std::move(phrases)), token_texts_(std::move(token_texts)) {}

std::int64_t Constraints::tokens() const {
  std::int64_t sum = 0;
  for (const Phrase& phrase : phrases_) sum += phrase.times * phrase.tokens();
  return sum;
}

ConstraintState::ConstraintState(const Constraints& constraints, std::span<const std::int32_t> tokens, bool behind_tag)
    : constraints_(&constraints), behind_tag_(behind_tag), sure_(constraints.phrases().size(), 0) {
  std::string text;
  for (const std::int32_t token : tokens) text += constraints.text_of(token);
  add(text);
}

ConstraintState ConstraintState::then(std::int32_t token) const {
  ConstraintState longer = *this;
  longer.add(constraints_->text_of(token));
  return longer;
}

// What stands behind a place is known once a whole character does.
void ConstraintState::add(std::string_view text) {
  const std::size_t known = whole_size(text_);
  text_ += text;
  const std::size_t now = whole_size(text_);
  for (std::size_t i = 0; i < sure_.size(); ++i)
    each_place(text_, constraints_->phrases()[i].text, known, [&](std::size_t end) { sure_[i] += end < now; });
}

bool ConstraintState::stands_at_end(std::size_t phrase) const {
  const std::size_t whole = whole_size(text_);
  bool found = false;
  each_place(text_, constraints_->phrases()[phrase].text, whole,
             [&](std::size_t end) { found = found || end == whole; });
  return found;
}

bool ConstraintState::holds(std::size_t phrase) const {
  return sure_[phrase] + (stands_at_end(phrase) ? 1 : 0) >= constraints_->phrases()[phrase].times;
}

// Tokens to write all that is not held, from the beginning of each phrase; `with_end`: what stands at the end is held.
std::int64_t ConstraintState::cost(bool with_end) const {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < sure_.size(); ++i) {
    const Phrase& phrase = constraints_->phrases()[i];
    const std::int64_t held = sure_[i] + (with_end && stands_at_end(i) ? 1 : 0);
    sum += std::max<std::int64_t>(0, phrase.times - held) * phrase.tokens();
  }
  return sum;
}

// So many tokens of the spelling end the text, one at least being left.
std::size_t ConstraintState::begun(const Spelling& spelling) const {
  for (std::size_t count = spelling.ids.size() - 1; count > 0; --count) {
    const auto head = std::string_view(spelling.text).substr(0, spelling.ends[count - 1]);
    if (text_.ends_with(head) && !joins(std::string_view(text_).substr(0, text_.size() - head.size()), head))
      return count;
  }
  return 0;
}

// Either every phrase is written anew, or one that is begun is written to its end first. A next token that goes on a
// word takes from the text the phrases that end there.
std::int64_t ConstraintState::missing() const {
  const std::int64_t anew = cost(true);
  std::int64_t least = anew;
  for (std::size_t i = 0; i < sure_.size() && anew > 0; ++i) {
    if (holds(i)) continue;
    const Phrase& phrase = constraints_->phrases()[i];
    for (const Spelling& spelling : phrase.spellings) {
      const std::size_t count = begun(spelling);
      if (count == 0) continue;
      const bool goes_on = may_join(text_, constraints_->text_of(spelling.ids[count]));
      const auto left = static_cast<std::int64_t>(spelling.ids.size() - count);
      least = std::min(least, (goes_on ? cost(false) : anew) - phrase.tokens() + left);
    }
  }
  return least;
}

// In training a tag and the text behind it had a space between them, which is taken off with the tag.
const Spelling& ConstraintState::start_of(const Phrase& phrase) const {
  if (!text_.empty()) return phrase.spellings.back();
  const auto has_space = [](const Spelling& spelling) { return spelling.text.starts_with(' '); };
  const auto spaced = std::find_if(phrase.spellings.begin(), phrase.spellings.end(), has_space);
  return behind_tag_ && spaced != phrase.spellings.end() ? *spaced : phrase.spellings.front();
}

std::vector<std::int32_t> ConstraintState::next() const {
  std::vector<std::int32_t> tokens;
  for (std::size_t i = 0; i < sure_.size(); ++i) {
    if (holds(i)) continue;
    const Phrase& phrase = constraints_->phrases()[i];
    for (const Spelling& spelling : phrase.spellings)
      if (const std::size_t count = begun(spelling); count > 0) tokens.push_back(spelling.ids[count]);
    const Spelling& start = start_of(phrase);
    if (!joins(text_, start.text)) tokens.push_back(start.ids.front());
  }
  return tokens;
}

}  // namespace attend
