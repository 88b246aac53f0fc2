// Words and phrases that a translation must hold, and how far a hypothesis is with them. What counts is its text, whichever
// tokens make it: a phrase is held where it stands and no word goes on across its two ends. "Hund" is held by "der Hund," and
// by "Hund-", not by "Hunde". A phrase that is asked for twice must stand in two places.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attend {

// A phrase in tokens.
struct Spelling {
  std::vector<std::int32_t> ids;  // at least one
  std::string text;               // of them: the phrase, a space before it perhaps
  std::vector<std::size_t> ends;  // where in the text each token ends
};

struct Phrase {
  std::string written;  // as it was asked for
  std::string text;     // as the target tokenizer writes it
  std::int64_t times = 1;
  std::vector<Spelling> spellings;  // the first one begins a text, the last one follows others

  std::int64_t tokens() const;  // of the longest spelling
};

// Those of a line.
class Constraints {
 public:
  // `token_texts`: Tokenizer::bytes of the whole vocabulary
  Constraints(std::vector<Phrase> phrases, std::shared_ptr<const std::vector<std::string>> token_texts);
  const std::vector<Phrase>& phrases() const { return phrases_; }
  const std::string& text_of(std::int32_t token) const { return (*token_texts_)[static_cast<std::size_t>(token)]; }
  // So many tokens are enough to write every phrase, one behind the other.
  std::int64_t tokens() const;

 private:
  std::vector<Phrase> phrases_;
  std::shared_ptr<const std::vector<std::string>> token_texts_;
};

// One word goes on where `left` ends and `right` begins.
bool joins(std::string_view left, std::string_view right);

// In how many places a text holds a phrase.
std::int64_t occurrences(std::string_view text, std::string_view phrase);

// How far a text is. It may still grow, so a phrase at its very end is held until a word goes on there.
class ConstraintState {
 public:
  ConstraintState(const Constraints& constraints, std::span<const std::int32_t> tokens);
  ConstraintState then(std::int32_t token) const;
  // So many more tokens are enough to hold every phrase. 0: they are held. As long as there are some, one of next() leaves
  // fewer, so whoever has that many tokens left can always get there.
  std::int64_t missing() const;
  // What brings the text nearer: the next token of phrases that it has begun, the first of all that it does not hold.
  std::vector<std::int32_t> next() const;

 private:
  void add(std::string_view text);
  bool stands_at_end(std::size_t phrase) const;
  bool holds(std::size_t phrase) const;
  std::size_t begun(const Spelling& spelling) const;
  std::int64_t cost(bool with_end) const;

  const Constraints* constraints_;
  std::string text_;
  std::vector<std::int64_t> sure_;  // places of each phrase that are not the very end of the text
};

}  // namespace attend
