// Turns tokens into text while they come. It gives whole characters only, and nothing that may yet turn out to be the
// beginning of a stop string. The pieces, put together, are the text, so a stream and a whole print agree.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attend/text/tokenizer.h"

namespace attend {

// Gives the text that tokens add to a text that is there. Decoders of tokens look back (a first word loses its space, a
// character may be several tokens), so each piece is what a few more tokens change in the text.
class TokenText {
 public:
  TokenText(const Tokenizer& tokenizer, std::span<const std::int32_t> before);
  // Returns what the token completes: valid UTF-8, empty while a character is not whole.
  std::string add(std::int32_t token);
  // Returns what is left, whole or not. Bytes that are no character become U+FFFD.
  std::string finish();

 private:
  std::string take(std::string_view text);

  const Tokenizer& tokenizer_;
  // The last tokens: first those whose text was given, then those that are held back.
  std::vector<std::int32_t> ids_;
  std::size_t known_ = 0;        // tokens of ids_ whose text was given
  std::size_t known_bytes_ = 0;  // bytes of the text of these tokens
};

// Cuts a text at the first place where a stop string is complete. Where several are, the earliest beginning counts.
class StopStrings {
 public:
  explicit StopStrings(const std::vector<std::string>& stops) : stops_(stops) {}
  // Returns the text that is sure, now that `text` has come.
  std::string add(std::string_view text);
  // Returns the text that was held back.
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
  std::int64_t min_tokens = 0;            // stop strings that are whole before so many tokens do not count
  std::int32_t end = -1;                  // the id that adds no text; -1: there is none
};

// Does both: it gives the text of a continuation, up to a stop string.
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
  std::int64_t free_;  // number of tokens to come whose text is not searched
  std::int32_t end_;
};

}  // namespace attend
