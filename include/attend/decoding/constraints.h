// Words and phrases that a translation must hold, and how far a hypothesis is with them. Its text counts, whichever
// tokens make it. A text holds a phrase where the phrase stands in it and no word goes on across either end: "der
// Hund," and "Hund-" hold "Hund", "Hunde" does not. A phrase that is asked for twice must stand in two places.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attend {

// One way to write a phrase in tokens.
struct Spelling {
  std::vector<std::int32_t> ids;  // at least one
  std::string text;               // their text: the phrase, perhaps with a space before it
  std::vector<std::size_t> ends;  // number of bytes of the text at which each token ends
};

struct Phrase {
  std::string written;  // as the user wrote it
  std::string text;     // as the target tokenizer writes it
  std::int64_t times = 1;
  std::vector<Spelling> spellings;  // the first one begins a text, the last one follows other text

  std::int64_t tokens() const;  // tokens of the longest spelling
};

// The phrases of a line.
class Constraints {
 public:
  // `token_texts` holds Tokenizer::bytes of every id of the vocabulary.
  Constraints(std::vector<Phrase> phrases, std::shared_ptr<const std::vector<std::string>> token_texts);
  const std::vector<Phrase>& phrases() const { return phrases_; }
  const std::string& text_of(std::int32_t token) const { return (*token_texts_)[static_cast<std::size_t>(token)]; }
  // Returns a number of tokens that is enough to write every phrase, one behind the other.
  std::int64_t tokens() const;

 private:
  std::vector<Phrase> phrases_;
  std::shared_ptr<const std::vector<std::string>> token_texts_;
};

// Returns true where one word goes on from the end of `left` to the beginning of `right`.
bool joins(std::string_view left, std::string_view right);

// Returns in how many places a text holds a phrase.
std::int64_t occurrences(std::string_view text, std::string_view phrase);

// Says how far a text is with its constraints. The text may still grow, so a phrase at its very end counts as held
// until a word goes on there.
class ConstraintState {
 public:
  // `behind_tag` says that a tag stands before the tokens. It is no part of the text, but a space parts it from it.
  ConstraintState(const Constraints& constraints, std::span<const std::int32_t> tokens, bool behind_tag = false);
  ConstraintState then(std::int32_t token) const;
  // Returns a number of further tokens that is enough to hold every phrase; 0: all are held. As long as it is above 0,
  // one of the tokens of next() makes it smaller, so whoever has that many tokens left can always get there.
  std::int64_t missing() const;
  // Returns the tokens that bring the text nearer: the next token of each phrase that it has begun, and the first token
  // of every phrase that it does not hold.
  std::vector<std::int32_t> next() const;

 private:
  void add(std::string_view text);
  bool stands_at_end(std::size_t phrase) const;
  bool holds(std::size_t phrase) const;
  std::size_t begun(const Spelling& spelling) const;
  std::int64_t cost(bool with_end) const;
  const Spelling& start_of(const Phrase& phrase) const;

  const Constraints* constraints_;
  bool behind_tag_;
  std::string text_;
  // How often each phrase is held, its place at the very end of the text aside.
  std::vector<std::int64_t> sure_;
};

}  // namespace attend
