// Measures how well a text fits a tokenizer that was perhaps made for another text: how many tokens are unknown, and
// how many special symbols the text spells.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "attend/text/tokenizer.h"

namespace attend {

// Counts over a text; start and end symbols are not counted.
struct TextFit {
  std::int64_t tokens = 0, unknown = 0;
};

// Returns the share of unknown tokens: "2.41 %".
std::string unknown_share(const TextFit& fit);
// Warns when more than a hundredth of the tokens is unknown. `where` is for example "train", and `what` "target
// tokens".
void warn_of_unknown(std::string_view where, std::string_view what, const TextFit& fit);
// Warns when the text spells `count` special symbols of the tokenizer, and says what becomes of them. `key` is the
// setting that makes the tokenizer read them as symbols.
void warn_of_specials(std::string_view where, std::int64_t count, const Tokenizer& tokenizer,
                      std::string_view key = "data.tokenizer.parse_special: true");

// True when the tokenizer knows nothing of a text except spaces.
bool is_unknown(const Tokenizer& tokenizer, std::span<const std::int32_t> ids);

// Reports lines of which a model knows nothing: the first three one by one, and at the end the number of the others.
class UnknownLines {
 public:
  // `where` is for example "translate", and `what` "line".
  UnknownLines(std::string where, std::string what) : where_(std::move(where)), what_(std::move(what)) {}
  ~UnknownLines();
  UnknownLines(const UnknownLines&) = delete;
  UnknownLines& operator=(const UnknownLines&) = delete;
  void add(std::int64_t line, bool is_unknown);

 private:
  std::string where_, what_;
  std::int64_t count_ = 0;
};

}  // namespace attend
