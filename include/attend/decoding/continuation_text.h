// From tokens to text while they come: whole characters only, and nothing that may yet turn out to be the beginning of a
// stop string. What is given piece by piece is, put together, the text; so a stream and a whole print agree.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attend/text/tokenizer.h"

namespace attend {

// The text that tokens add to a text that is there. Decoders of tokens look back (a first word loses its space, a character
// may be several tokens), so each piece is what a few tokens more change of the text.
class TokenText {
 public:
  TokenText(const Tokenizer& tokenizer, std::span<const std::int32_t> before);
  // What the token completes: valid UTF-8; empty while a character is not whole.
  std::string add(std::int32_t token);
  // What is left, whole or not; bytes that are no character become U+FFFD.
  std::string finish();

 private:
  std::string take(std::string_view text);

  const Tokenizer& tokenizer_;
  std::vector<std::int32_t> ids_;  // the last ones: those given already, then those that are held back
  std::size_t known_ = 0;          // how many are given
  std::size_t known_bytes_ = 0;    // of their text
};

// Cuts a text at the first place where a stop string is complete; the earliest beginning where several are.
class StopStrings {
 public:
  explicit StopStrings(const std::vector<std::string>& stops) : stops_(stops) {}
  // What is sure, now that `text` has come.
  std::string add(std::string_view text);
  // What was held back.
  std::string finish();
  bool found() const { return found_; }

 private:
  std::size_t possible_beginning() const;

  const std::vector<std::string>& stops_;
  std::string held_;
  bool found_ = false;
};

struct StopRules {
  const std::vector<std::string>& stops;  // used, not owned
  std::int64_t min_tokens = 0;            // what is whole before so many tokens is no stop string
  std::int32_t end = -1;                  // the id whose text is nothing
};

// Both: the text of a continuation.
class ContinuationText {
 public:
  ContinuationText(const Tokenizer& tokenizer, std::span<const std::int32_t> prompt, const StopRules& rules)
      : text_(tokenizer, prompt), stops_(rules.stops), free_(rules.min_tokens - 1), end_(rules.end) {}
  std::string add(std::int32_t token);
  std::string finish();
  bool stopped() const { return stops_.found(); }

 private:
  TokenText text_;
  StopStrings stops_;
  std::int64_t free_;  // tokens to come whose text is not looked at
  std::int32_t end_;
};

}  // namespace attend
